import QtQuick
import QtQuick.Templates as T

// One sentence that explains its parent, on hover or keyboard focus.
T.ToolTip {
    id: root

    delay: 500
    margins: Theme.space2
    padding: Theme.space2
    implicitWidth: Math.min(320, label.implicitWidth + 2 * padding)
    implicitHeight: label.implicitHeight + 2 * padding
    x: parent ? Math.round((parent.width - implicitWidth) / 2) : 0
    y: -implicitHeight - 4

    contentItem: BodyText {
        id: label

        font.pixelSize: Theme.fontSmall
        lineHeight: 1.3
        text: root.text
    }
    background: Rectangle {
        border.color: Theme.line
        color: Theme.raised
        radius: Theme.radiusControl
    }
}
