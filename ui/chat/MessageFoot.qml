pragma ComponentBehavior: Bound
import QtQuick
import Conclave.App
import Conclave.Controls

// Under an answer: why it ended early, its measurements, and what can be done with it.
Item {
    id: root

    required property ConversationContext context
    required property bool busy
    required property double messageId
    required property string title
    required property string error
    required property int gap
    required property int branch
    required property int branchCount
    required property int messageState
    readonly property bool streaming: root.messageState === 1

    height: root.gap + (root.error === "" ? 0 : problem.height + Theme.space2) + 28

    Item {
        id: frame

        width: root.context.column
        height: parent.height
        x: Math.round((root.width - width) / 2)

        Row {
            id: problem

            spacing: Theme.space2
            visible: root.error !== ""
            width: parent.width
            y: root.gap

            Icon { color: Theme.danger; name: "warning"; y: 2 }
            BodyText {
                text: root.error
                width: parent.width - 24
                Accessible.role: Accessible.AlertMessage
                Accessible.name: text
            }
        }
        SmallText {
            anchors { bottom: parent.bottom; left: parent.left; right: actions.left; rightMargin: Theme.space2 }
            height: 28
            text: root.title
            verticalAlignment: Text.AlignVCenter
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        Row {
            id: actions

            anchors { bottom: parent.bottom; right: parent.right; rightMargin: -6 }

            Loader {
                active: root.branchCount > 1
                visible: active

                sourceComponent: BranchSwitch {
                    branch: root.branch
                    branchCount: root.branchCount
                    enabled: !root.busy
                    onSwitched: delta => root.context.branch(root.messageId, delta)
                }
            }
            Loader {
                active: !root.streaming
                visible: active

                sourceComponent: Row {
                    onActiveFocusChanged: { if (activeFocus) root.context.focusedMessage = root.messageId; }

                    IconButton {
                        iconName: copied.running ? "check" : "copy"
                        text: copied.running ? qsTr("Copied") : qsTr("Copy the answer as it was written")
                        onClicked: {
                            root.context.copyMessage(root.messageId);
                            copied.restart();
                        }

                        Timer { id: copied; interval: 1500 }
                    }
                    IconButton {
                        enabled: !root.busy
                        iconName: "refresh"
                        text: qsTr("Answer again")
                        onClicked: root.context.regenerate(root.messageId)
                    }
                }
            }
        }
    }
}
