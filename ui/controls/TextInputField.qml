import QtQuick
import QtQuick.Templates as T

// One line of text with a hint.
T.TextField {
    id: root

    property string iconName: ""
    property string hint: "" // shown at the right while empty, e.g. a shortcut

    implicitWidth: 200
    implicitHeight: 32
    leftPadding: root.iconName === "" ? 10 : 30
    rightPadding: 10
    color: Theme.text
    font.family: Theme.fontFamily
    font.pixelSize: Theme.fontCode
    placeholderTextColor: Theme.dim
    selectedTextColor: Theme.accentText
    selectionColor: Theme.accent
    selectByMouse: true
    verticalAlignment: TextInput.AlignVCenter
    Accessible.name: root.placeholderText

    background: Rectangle {
        border.color: root.activeFocus ? Theme.accent : Theme.line
        border.width: root.activeFocus ? 2 : 1
        color: Theme.raised
        radius: Theme.radiusControl

        Icon {
            anchors.verticalCenter: parent.verticalCenter
            name: root.iconName
            visible: root.iconName !== ""
            x: 8
        }
        SmallText {
            anchors { right: parent.right; rightMargin: 10; verticalCenter: parent.verticalCenter }
            font.pixelSize: Theme.fontTiny
            text: root.hint
            visible: root.text === "" && !root.activeFocus
        }
        SmallText {
            anchors { left: parent.left; leftMargin: root.leftPadding; right: parent.right; rightMargin: 64; verticalCenter: parent.verticalCenter }
            font.pixelSize: Theme.fontCode
            text: root.placeholderText
            visible: root.text === "" && root.preeditText === ""
        }
    }
}
