import QtQuick
import Conclave.App

// What the rows of one conversation share, and what they ask for.
QtObject {
    id: root

    required property ConversationStyle textStyle
    required property real column // width of the text

    property double focusedMessage: 0
    property string hoveredLink: ""
    // How far the parts of one code block are scrolled: they are rows of their own.
    property double scrolledMessage: 0
    property int scrolledBlock: 0
    property real scrolledTo: 0
    property var scrolls: ({}) // "message/block" -> x; a table that grows with what was scrolled

    signal characterClicked(row: int, offset: int)
    signal linkActivated(target: string)
    signal copyRequested(text: string)
    signal copyMessage(messageId: double)
    signal copyBlock(row: int)
    signal editMessage(messageId: double)
    signal regenerate(messageId: double)
    signal branch(messageId: double, delta: int)
    signal toggleThinking(row: int)

    function scrollOf(messageId: double, block: int): real { return root.scrolls[messageId + "/" + block] ?? 0; }
    function scrollTo(messageId: double, block: int, x: real): void {
        root.scrolls[messageId + "/" + block] = x;
        root.scrolledMessage = messageId;
        root.scrolledBlock = block;
        root.scrolledTo = x;
    }
}
