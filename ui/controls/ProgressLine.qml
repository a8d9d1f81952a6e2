import QtQuick

// A thin bar: `value` 0 to 1; below 0 means that how much is left is not known, and only the track shows.
Rectangle {
    id: root

    property real value: 0
    property color barColor: Theme.accent

    implicitWidth: 72
    implicitHeight: 4
    color: Theme.line
    radius: 2
    Accessible.role: Accessible.ProgressBar

    Rectangle {
        color: root.barColor
        height: parent.height
        radius: 2
        visible: root.value > 0
        width: Math.max(2, parent.width * Math.min(1, root.value))
    }
}
