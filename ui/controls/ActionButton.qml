import QtQuick
import QtQuick.Templates as T

// A button with a verb. `primary` for the one thing to do here, otherwise quiet.
T.Button {
    id: root

    property bool primary: false
    property string toolTip: ""

    implicitWidth: Math.max(64, label.implicitWidth + 2 * Theme.space3)
    implicitHeight: 30
    focusPolicy: Qt.StrongFocus
    Accessible.name: root.text
    Accessible.description: root.toolTip

    contentItem: BodyText {
        id: label

        color: !root.enabled ? Theme.dim : root.primary ? Theme.accentText : Theme.text
        elide: Text.ElideRight
        font.pixelSize: Theme.fontCode
        font.weight: root.primary ? Font.DemiBold : Font.Normal
        horizontalAlignment: Text.AlignHCenter
        lineHeight: 1
        text: root.text
        verticalAlignment: Text.AlignVCenter
        wrapMode: Text.NoWrap
    }
    background: Rectangle {
        border.color: root.primary ? "transparent" : Theme.line
        color: !root.enabled ? (root.primary ? Theme.hover : "transparent")
            : root.primary ? (root.down ? Qt.darker(Theme.accent, 1.1) : Theme.accent)
                           : (root.hovered || root.down ? Theme.hover : "transparent")
        radius: Theme.radiusPanel

        FocusRing { shown: root.visualFocus }
    }

    ToolTipArea { text: root.toolTip; visible: root.toolTip !== "" && (root.hovered || root.visualFocus) }

    Keys.onReturnPressed: root.click()
    Keys.onEnterPressed: root.click()
}
