import QtQuick
import Conclave.Controls

// Why there is nothing to see, and when there will be.
Item {
    id: root

    required property string text
    property bool warning: false

    implicitHeight: label.implicitHeight + 2 * Theme.space4
    Accessible.role: Accessible.StaticText
    Accessible.name: root.text

    BodyText {
        id: label

        anchors { left: parent.left; leftMargin: Theme.space4; right: parent.right; rightMargin: Theme.space4; verticalCenter: parent.verticalCenter }
        color: root.warning ? Theme.warn : Theme.dim
        font.pixelSize: Theme.fontCode
        horizontalAlignment: Text.AlignHCenter
        text: root.text
    }
}
