import QtQuick
import QtQuick.Templates as T
import Conclave.Controls

T.Switch {
    id: root

    implicitHeight: 34
    implicitWidth: 300
    focusPolicy: Qt.StrongFocus
    Accessible.name: root.text

    indicator: Rectangle {
        anchors { right: parent.right; verticalCenter: parent.verticalCenter }
        width: 34
        height: 20
        border.color: root.checked ? Theme.accent : Theme.dim
        color: root.checked ? Theme.accent : "transparent"
        radius: 10

        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: 14
            height: 14
            color: root.checked ? Theme.accentText : Theme.dim
            radius: 7
            x: root.checked ? parent.width - width - 3 : 3
        }
        FocusRing { shown: root.visualFocus; radius: 12 }
    }
    contentItem: BodyText {
        rightPadding: 44
        lineHeight: 1.2
        text: root.text
        verticalAlignment: Text.AlignVCenter
    }
}
