import QtQuick
import Conclave.Controls

// A needle against the band that chance would give: inside it, the figure says nothing. Empty while the band is unknown.
Item {
    id: root

    required property double value
    required property double low
    required property double high

    readonly property bool known: !isNaN(root.low) && !isNaN(root.high)
    readonly property double span: Math.max(root.high - root.low, 1e-9)
    readonly property double from: Math.min(root.low - root.span, root.value - 0.25 * root.span)
    readonly property double to: Math.max(root.high + root.span, root.value + 0.25 * root.span)

    function place(v: double): double {
        return (v - root.from) / (root.to - root.from) * root.width;
    }

    implicitHeight: 12
    Accessible.ignored: true

    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        color: Theme.line
        height: 2
        radius: 1
        visible: root.known
        width: parent.width
    }
    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        color: Theme.faint
        height: 6
        opacity: 0.7
        radius: 3
        visible: root.known
        width: Math.max(4, root.place(root.high) - x)
        x: root.place(root.low)
    }
    Rectangle {
        color: Theme.accent
        height: parent.height
        radius: 1
        visible: root.known
        width: 3
        x: Math.max(0, Math.min(parent.width - width, root.place(root.value) - 1.5))
    }
}
