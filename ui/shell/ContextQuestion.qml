import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// What an answer waits for where its chat outgrew the context: the model must not forget anything that nobody agreed to.
Rectangle {
    id: root

    required property ChatController chat
    required property Settings settings

    implicitWidth: 560
    implicitHeight: column.implicitHeight + 2 * Theme.space3
    border.color: Theme.accent
    color: Theme.raised
    radius: Theme.radiusPanel
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.chat.question

    ColumnLayout {
        id: column

        anchors { left: parent.left; margins: Theme.space3; right: parent.right; top: parent.top }
        spacing: Theme.space3

        BodyText {
            Layout.fillWidth: true
            font.pixelSize: Theme.fontCode
            lineHeight: 1.3
            text: root.chat.question
        }
        Flow {
            Layout.fillWidth: true
            layoutDirection: Qt.RightToLeft
            spacing: Theme.space2

            ActionButton { primary: true; text: qsTr("Leave them out"); onClicked: root.chat.leaveOutOldest() }
            ActionButton {
                text: qsTr("Always leave them out")
                toolTip: qsTr("The settings can take this back")
                onClicked: {
                    root.settings.contextPolicy = "leave_out";
                    root.chat.leaveOutOldest();
                }
            }
            ActionButton { text: qsTr("Do not answer"); onClicked: root.chat.stop() }
        }
    }
}
