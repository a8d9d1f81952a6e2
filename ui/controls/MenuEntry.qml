import QtQuick
import QtQuick.Templates as T

T.MenuItem {
    id: root

    property string shortcutText: ""
    property bool destructive: false

    implicitWidth: 212
    implicitHeight: 30
    Accessible.name: root.text

    contentItem: Item {
        SmallText {
            anchors { left: parent.left; leftMargin: 8; verticalCenter: parent.verticalCenter }
            color: root.destructive ? Theme.danger : Theme.text
            font.pixelSize: Theme.fontCode
            opacity: root.enabled ? 1 : 0.5
            text: root.text
        }
        SmallText {
            anchors { right: parent.right; rightMargin: 8; verticalCenter: parent.verticalCenter }
            font.pixelSize: Theme.fontTiny
            text: root.shortcutText
        }
    }
    background: Rectangle {
        color: root.highlighted ? Theme.hover : "transparent"
        radius: Theme.radiusControl
    }
}
