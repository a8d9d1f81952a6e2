import QtQuick
import Conclave.Controls

// Where the link under the pointer goes.
Rectangle {
    id: root

    required property string target

    border.color: Theme.line
    color: Theme.raised
    height: 24
    implicitWidth: label.implicitWidth + 2 * Theme.space2
    radius: Theme.radiusControl
    visible: root.target !== ""

    SmallText {
        id: label

        anchors { fill: parent; leftMargin: Theme.space2; rightMargin: Theme.space2 }
        elide: Text.ElideMiddle
        text: root.target
        verticalAlignment: Text.AlignVCenter
    }
}
