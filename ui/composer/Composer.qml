import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// Where a message is written. Enter sends, Shift+Enter breaks the line, Esc stops, Up edits the last message.
Rectangle {
    id: root

    required property ChatController chat
    required property ModelHost model
    required property Settings settings

    property var editedMessageId: 0 // qint64; 0: a new message
    readonly property bool activeFocusInside: input.activeFocus || action.activeFocus || think.activeFocus

    function focusInput(): void { input.forceActiveFocus(); }
    function edit(messageId: var, text: string): void {
        root.editedMessageId = messageId;
        input.text = text;
        input.cursorPosition = text.length;
        input.forceActiveFocus();
    }
    function cancelEdit(): void {
        root.editedMessageId = 0;
        input.text = "";
    }
    function submit(): void {
        if (input.text.trim() === "" || !root.chat.canSend)
            return;
        if (root.editedMessageId !== 0)
            root.chat.edit(root.editedMessageId, input.text);
        else
            root.chat.send(input.text);
        root.cancelEdit();
    }

    implicitHeight: Math.max(92, Math.min(240, input.implicitHeight) + 56)
    border.color: input.activeFocus ? Theme.accent : Theme.line
    color: Theme.raised
    radius: Theme.radiusLarge

    T.ScrollView {
        id: scroll

        anchors { left: parent.left; right: parent.right; top: parent.top; bottom: bar.top; margins: 4 }
        clip: true
        contentWidth: availableWidth
        contentHeight: input.implicitHeight
        T.ScrollBar.vertical: ScrollBarThin { parent: scroll; x: scroll.width - width; height: scroll.height; visible: input.implicitHeight > scroll.height }

        T.TextArea {
            id: input

            width: scroll.availableWidth
            padding: 12
            topPadding: 8
            color: Theme.text
            font.family: Theme.fontFamily
            font.pixelSize: Theme.fontBody
            selectByMouse: true
            selectedTextColor: Theme.accentText
            selectionColor: Theme.accent
            wrapMode: TextEdit.Wrap
            Accessible.role: Accessible.EditableText
            Accessible.name: qsTr("Message")

            BodyText {
                anchors { left: parent.left; leftMargin: input.leftPadding; right: parent.right; top: parent.top; topMargin: input.topPadding }
                color: Theme.dim
                elide: Text.ElideRight
                lineHeight: 1
                text: root.model.name === "" ? qsTr("Open a model to begin") : qsTr("Ask %1").arg(root.model.name)
                visible: input.text === "" && input.preeditText === ""
                wrapMode: Text.NoWrap
            }

            Keys.onPressed: event => {
                const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                const control = (event.modifiers & Qt.ControlModifier) !== 0;
                const shift = (event.modifiers & Qt.ShiftModifier) !== 0;
                if (enter && !shift && (control || root.settings.sendWithEnter)) {
                    root.submit();
                    event.accepted = true;
                } else if (event.key === Qt.Key_Up && input.text === "" && root.chat.lastUserMessageId() !== 0) {
                    root.edit(root.chat.lastUserMessageId(), root.chat.lastUserText());
                    event.accepted = true;
                } else if (event.key === Qt.Key_Escape && root.editedMessageId !== 0) {
                    root.cancelEdit();
                    event.accepted = true;
                } else if (event.key === Qt.Key_Tab || event.key === Qt.Key_Backtab) {
                    input.nextItemInFocusChain(event.key === Qt.Key_Tab).forceActiveFocus(Qt.TabFocusReason);
                    event.accepted = true;
                }
            }
        }
    }

    Item {
        id: bar

        anchors { left: parent.left; right: parent.right; bottom: parent.bottom; margins: 10 }
        height: 30

        T.AbstractButton {
            id: think

            anchors.verticalCenter: parent.verticalCenter
            width: thinkLabel.implicitWidth + 24
            height: 26
            checkable: true
            checked: root.settings.thinking
            focusPolicy: Qt.StrongFocus
            Accessible.role: Accessible.CheckBox
            Accessible.name: qsTr("Think before answering")
            onToggled: root.settings.thinking = checked

            contentItem: SmallText {
                id: thinkLabel

                color: think.checked ? Theme.accent : Theme.dim
                font.weight: think.checked ? Font.DemiBold : Font.Normal
                horizontalAlignment: Text.AlignHCenter
                text: qsTr("Think")
                verticalAlignment: Text.AlignVCenter
            }
            background: Rectangle {
                color: think.checked ? Theme.accentSoft : (think.hovered ? Theme.hover : "transparent")
                radius: 13

                FocusRing { shown: think.visualFocus; radius: 15 }
            }
            ToolTipArea {
                text: qsTr("Let the model work inside <think> marks before it answers, where its template knows how")
                visible: think.hovered || think.visualFocus
            }
        }
        SmallText {
            anchors { left: think.right; leftMargin: Theme.space3; right: hint.left; rightMargin: Theme.space2; verticalCenter: parent.verticalCenter }
            text: root.editedMessageId !== 0 ? qsTr("Editing: sending starts a new branch")
                : qsTr("temperature %1").arg(Number(root.settings.temperature).toLocaleString(Qt.locale(), "f", 1))
        }
        SmallText {
            id: hint

            anchors { right: action.left; rightMargin: Theme.space3; verticalCenter: parent.verticalCenter }
            text: root.chat.busy ? qsTr("Esc to stop") : (root.editedMessageId !== 0 ? qsTr("Esc to cancel") : "")
            visible: root.width > 420
        }
        ActionButton {
            id: action

            anchors { right: parent.right; verticalCenter: parent.verticalCenter }
            enabled: root.chat.busy ? !root.chat.stopping : (root.chat.canSend && input.text.trim() !== "")
            primary: true
            text: root.chat.busy ? qsTr("Stop") : qsTr("Send")
            onClicked: root.chat.busy ? root.chat.stop() : root.submit()
        }
    }
}
