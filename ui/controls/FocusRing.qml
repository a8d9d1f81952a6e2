import QtQuick

// Drawn around the control that has the keyboard. Parent sets `shown`, usually to its visualFocus.
Rectangle {
    id: root

    property bool shown: false
    property int gap: 2

    anchors.fill: parent
    anchors.margins: -root.gap
    border.color: Theme.accent
    border.width: 2
    color: "transparent"
    radius: Theme.radiusControl + root.gap
    visible: root.shown
}
