pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Qt.labs.qmlmodels
import Conclave.App
import Conclave.Controls

// The shown branch of a chat, as a list of small rows. The reader's place moves only by the reader's hand, or to follow an
// answer while the reader is at its end.
FocusScope {
    id: root

    required property ConversationModel conversation
    required property ChatController chat
    required property Settings settings

    readonly property bool atEnd: list.atEnd
    readonly property bool busy: root.chat?.busy ?? false

    signal editRequested(messageId: double, text: string)

    function scrollToEnd(): void {
        root.conversation.atEnd = true;
        list.follow();
    }
    function scrollBy(pixels: real): void {
        const top = list.originY, bottom = Math.max(top, list.originY + list.contentHeight - list.height);
        list.contentY = Math.max(top, Math.min(bottom, list.contentY + pixels));
        root.conversation.atEnd = list.atEnd;
    }
    function stepToken(delta: int): void {
        root.conversation.stepToken(delta);
        const row = root.conversation.selectedRow();
        if (row < 0)
            return;
        list.positionViewAtIndex(row, ListView.Contain);
        root.conversation.atEnd = list.atEnd;
    }
    function showBranch(delta: int): void {
        const id = root.conversation.branchedMessage(shared.focusedMessage);
        if (id !== 0 && !root.busy)
            root.chat.showBranch(id, delta);
    }

    activeFocusOnTab: true
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Conversation")
    Accessible.description: qsTr("Up and down scroll; left and right go from token to token")

    Keys.onPressed: event => {
        if (event.modifiers !== Qt.NoModifier && event.modifiers !== Qt.KeypadModifier)
            return;
        const page = list.height - 48;
        switch (event.key) {
        case Qt.Key_Up: root.scrollBy(-48); break;
        case Qt.Key_Down: root.scrollBy(48); break;
        case Qt.Key_Left: root.stepToken(-1); break;
        case Qt.Key_Right: root.stepToken(1); break;
        case Qt.Key_PageUp: root.scrollBy(-page); break;
        case Qt.Key_PageDown: root.scrollBy(page); break;
        case Qt.Key_Home: list.positionViewAtBeginning(); root.conversation.atEnd = list.atEnd; break;
        case Qt.Key_End: root.scrollToEnd(); break;
        default: return;
        }
        event.accepted = true;
    }

    Binding { target: root.conversation; property: "textFont"; value: Qt.font({ family: Theme.fontFamily, pixelSize: Theme.fontBody }) }
    Shortcut { sequence: "Alt+Left"; onActivated: root.showBranch(-1) }
    Shortcut { sequence: "Alt+Right"; onActivated: root.showBranch(1) }

    TabReveal { list: list; onScrolled: root.conversation.atEnd = list.atEnd }
    ConversationContext {
        id: shared

        column: Math.min(700, list.width - 48)
        textStyle: ConversationStyle {
            accent: Theme.accent
            bodySize: Theme.fontBody
            codeGround: Theme.dark ? Theme.raised : Theme.code
            codeSize: Theme.fontCode
            dark: Theme.dark
            dim: Theme.dim
            family: Theme.fontFamily
            highlight: Theme.accentSoft
            line: Theme.line
            monoFamily: Theme.monoFamily
            selection: Theme.selection
            text: Theme.text
            titleSize: Theme.fontTitle
        }
        onBranch: (messageId, delta) => root.chat.showBranch(messageId, delta)
        onCharacterClicked: (row, offset) => root.conversation.activateToken(row, offset)
        onCopyBlock: row => root.conversation.copyText(root.conversation.blockSource(row))
        onCopyMessage: messageId => root.conversation.copyText(root.conversation.sourceOf(messageId))
        onCopyRequested: text => root.conversation.copyText(text)
        onEditMessage: messageId => root.editRequested(messageId, root.conversation.sourceOf(messageId))
        onLinkActivated: target => linkPopup.show(target)
        onRegenerate: messageId => root.chat.regenerate(messageId)
        onToggleThinking: row => root.conversation.toggleThinking(row)
    }
    Connections {
        target: root.conversation

        function onModelReset(): void { root.scrollToEnd(); }
        function onStreamingChanged(): void { if (root.conversation.streaming) root.scrollToEnd(); }
    }

    ListView {
        id: list

        readonly property bool atEnd: list.contentY + list.height >= list.originY + list.contentHeight - 4
        readonly property bool moved: list.moving || bar.pressed

        // Moves by several lines at once and then lets the text fill them: a scrolled list is painted as a whole.
        function follow(): void {
            if (!root.conversation.atEnd || list.moved || list.count === 0)
                return;
            const hidden = list.originY + list.contentHeight + Theme.space4 - list.contentY - list.height;
            // Not for rows that fit: from the end, those above would never be made.
            if (hidden > list.height || (hidden < -list.bottomMargin && list.contentY > list.originY))
                list.positionViewAtEnd();
            else if (hidden > 0 && list.contentHeight > list.height)
                list.contentY += Math.ceil(hidden) + (root.conversation.streaming ? list.bottomMargin - Theme.space4 : 0);
        }

        anchors.fill: parent
        bottomMargin: Theme.space4 + 6 * Theme.space6
        boundsBehavior: Flickable.StopAtBounds
        cacheBuffer: 320
        clip: true
        currentIndex: -1
        keyNavigationEnabled: false
        model: root.conversation
        pixelAligned: true
        reuseItems: true
        T.ScrollBar.vertical: ScrollBarThin { id: bar }
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")
        onContentHeightChanged: list.follow()
        onContentYChanged: { if (list.moved) root.conversation.atEnd = list.atEnd; }
        onHeightChanged: list.follow()
        onMovementEnded: root.conversation.atEnd = list.atEnd
        onWidthChanged: list.follow()

        delegate: DelegateChooser {
            role: "kind"

            DelegateChoice { roleValue: ConversationModel.User; UserBubble { busy: root.busy; context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Paragraph; ProseBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Task; TaskBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Heading; ProseBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Code; CodeBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.TableHeader; TableBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.TableRow; TableBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Rule; RuleBlock { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Think; ThinkRow { context: shared; width: list.width } }
            DelegateChoice { roleValue: ConversationModel.Foot; MessageFoot { busy: root.busy; context: shared; width: list.width } }
        }
    }
    FocusRing { gap: -2; shown: root.activeFocus && !list.activeFocus && root.Window.activeFocusItem === root }
    LinkHint {
        anchors { bottom: parent.bottom; left: parent.left; margins: Theme.space2 }
        target: shared.hoveredLink
        width: Math.min(parent.width - 2 * Theme.space2, implicitWidth)
    }
    Rectangle {
        anchors { bottom: parent.bottom; bottomMargin: Theme.space3; horizontalCenter: parent.horizontalCenter }
        border.color: Theme.line
        color: Theme.raised
        height: 32
        radius: 16
        visible: !root.conversation.atEnd && !list.atEnd
        width: 32

        IconButton {
            anchors.centerIn: parent
            iconName: "arrow-down"
            text: qsTr("To the end")
            onClicked: root.scrollToEnd()
        }
    }
    LinkPopup {
        id: linkPopup

        onCopyRequested: text => root.conversation.copyText(text)
    }
}
