import QtQuick
import Conclave.Controls

// Goes back and forth along something, with its place between the arrows.
FocusScope {
    id: root

    property string text: ""
    required property string previousName
    required property string nextName
    property bool canPrevious: true
    property bool canNext: true

    signal previous
    signal next

    implicitHeight: row.implicitHeight
    implicitWidth: row.implicitWidth

    Row {
        id: row

        IconButton {
            enabled: root.canPrevious
            focus: true
            iconName: "chevron-left"
            text: root.previousName
            Keys.onRightPressed: root.next()
            Keys.onLeftPressed: root.previous()
            onClicked: root.previous()
        }
        SmallText {
            anchors.verticalCenter: parent.verticalCenter
            color: Theme.text
            text: root.text
            visible: root.text !== ""
        }
        IconButton {
            enabled: root.canNext
            iconName: "chevron-right"
            text: root.nextName
            Keys.onRightPressed: root.next()
            Keys.onLeftPressed: root.previous()
            onClicked: root.next()
        }
    }
}
