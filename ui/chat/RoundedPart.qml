import QtQuick

// A rectangle that is round above, below or both: the ends of something that is shown in parts. Made of plain rectangles,
// as the software renderer draws corners of different radii black.
Rectangle {
    id: root

    required property real rounding
    required property bool roundAbove
    required property bool roundBelow

    radius: root.roundAbove || root.roundBelow ? root.rounding : 0

    Rectangle {
        color: root.color
        height: Math.min(root.rounding, root.height)
        visible: !root.roundAbove && root.roundBelow
        width: root.width
    }
    Rectangle {
        color: root.color
        height: Math.min(root.rounding, root.height)
        visible: root.roundAbove && !root.roundBelow
        width: root.width
        y: root.height - height
    }
}
