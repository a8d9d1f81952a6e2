import QtQuick
import QtQuick.Templates as T

// A square button with an icon; `text` is its name for screen readers and its tooltip.
T.Button {
    id: root

    required property string iconName
    property bool primary: false
    property color iconColor: root.primary ? Theme.accentText : (root.checked ? Theme.accent : Theme.dim)

    implicitWidth: 28
    implicitHeight: 28
    opacity: enabled ? 1 : 0.45
    focusPolicy: Qt.StrongFocus
    Accessible.name: root.text

    contentItem: Item {
        Icon { anchors.centerIn: parent; color: root.iconColor; name: root.iconName }
    }
    background: Rectangle {
        color: root.primary ? Theme.accent : (root.hovered || root.down ? Theme.hover : "transparent")
        radius: Theme.radiusControl

        FocusRing { shown: root.visualFocus; gap: 1 }
    }

    ToolTipArea { text: root.text; visible: root.text !== "" && (root.hovered || root.visualFocus) }

    Keys.onReturnPressed: root.click()
    Keys.onEnterPressed: root.click()
}
