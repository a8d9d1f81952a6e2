import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// Folds the thinking of an answer.
Item {
    id: root

    required property ConversationContext context
    required property int index
    required property string title
    required property bool open
    required property int gap

    height: root.gap + 24

    T.AbstractButton {
        id: button

        focusPolicy: Qt.StrongFocus
        height: 24
        width: Math.min(implicitWidth, root.context.column)
        x: Math.round((root.width - root.context.column) / 2) - 4
        y: root.gap
        implicitWidth: label.implicitWidth + 32
        Accessible.name: root.title
        Accessible.description: root.open ? qsTr("Shown; press to fold") : qsTr("Folded; press to show")
        onClicked: root.context.toggleThinking(root.index)
        Keys.onReturnPressed: button.click()

        contentItem: Item {
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                color: label.color
                name: root.open ? "chevron-down" : "chevron-right"
                scale: 0.75
                x: 1
            }
            SmallText {
                id: label

                anchors.verticalCenter: parent.verticalCenter
                color: button.hovered || button.visualFocus ? Theme.text : Theme.dim
                text: root.title
                x: 22
            }
        }
        background: Rectangle {
            color: "transparent"
            radius: Theme.radiusControl

            FocusRing { gap: 0; shown: button.visualFocus }
        }
    }
}
