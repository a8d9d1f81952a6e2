pragma ComponentBehavior: Bound
import QtQuick
import Conclave.App
import Conclave.Controls

// What the user wrote, or a part of it when it is long; at the right.
FocusScope {
    id: root

    required property ConversationContext context
    required property bool busy
    required property int index
    required property double messageId
    required property rowText content
    required property int gap
    required property bool first
    required property bool last
    required property int branch
    required property int branchCount

    readonly property real widest: Math.round(root.context.column * 0.85)
    readonly property bool whole: root.first && root.last

    height: root.gap + bubble.height
    onActiveFocusChanged: { if (root.activeFocus) root.context.focusedMessage = root.messageId; }

    HoverHandler { id: hover }
    RoundedPart {
        id: bubble

        color: Theme.user
        height: text.implicitHeight + (root.first ? 9 : 0) + (root.last ? 9 : 0)
        roundAbove: root.first
        roundBelow: root.last
        rounding: Theme.radiusLarge
        width: root.whole ? Math.min(root.widest, text.contentWidth + 28) : root.widest
        x: Math.round((root.width + root.context.column) / 2) - width
        y: root.gap

        ConversationText {
            id: text

            content: root.content
            context: root.context
            height: implicitHeight
            index: root.index
            width: root.widest - 28
            x: 14
            y: root.first ? 9 : 0
            Accessible.role: Accessible.Paragraph
            Accessible.name: qsTr("You: %1").arg(text.spoken)
        }
    }
    Loader {
        active: root.last
        anchors { bottom: parent.bottom; bottomMargin: 5; right: bubble.left; rightMargin: Theme.space1 }

        sourceComponent: Row {
            IconButton {
                iconName: "copy"
                opacity: hover.hovered || root.activeFocus ? 1 : 0
                text: qsTr("Copy the message")
                onClicked: root.context.copyMessage(root.messageId)
            }
            IconButton {
                enabled: !root.busy
                iconName: "pencil"
                opacity: hover.hovered || root.activeFocus ? 1 : 0
                text: qsTr("Edit: starts a new branch")
                onClicked: root.context.editMessage(root.messageId)
            }
            Loader {
                active: root.branchCount > 1

                sourceComponent: BranchSwitch {
                    branch: root.branch
                    branchCount: root.branchCount
                    enabled: !root.busy
                    onSwitched: delta => root.context.branch(root.messageId, delta)
                }
            }
        }
    }
}
