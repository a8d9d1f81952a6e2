import QtQuick
import QtQuick.Templates as T
import Conclave.Controls

// An entry at the foot of the pane: icon, name, shortcut.
T.AbstractButton {
    id: root

    required property string iconName
    required property string keys

    implicitHeight: 30
    focusPolicy: Qt.StrongFocus
    Accessible.name: root.text

    contentItem: Item {
        Icon { anchors.verticalCenter: parent.verticalCenter; name: root.iconName; x: Theme.space2 }
        SmallText {
            anchors { left: parent.left; leftMargin: 32; right: shortcut.left; verticalCenter: parent.verticalCenter }
            font.pixelSize: Theme.fontCode
            text: root.text
        }
        SmallText {
            id: shortcut

            anchors { right: parent.right; rightMargin: Theme.space2; verticalCenter: parent.verticalCenter }
            font.pixelSize: Theme.fontTiny
            text: root.keys
        }
    }
    background: Rectangle {
        color: root.hovered ? Theme.hover : "transparent"
        radius: Theme.radiusControl

        FocusRing { shown: root.visualFocus; gap: -1 }
    }

    Keys.onReturnPressed: root.click()
    Keys.onEnterPressed: root.click()
}
