import QtQuick
import Conclave.App
import Conclave.Controls

// One row of a table. Its columns are those of the whole table.
Item {
    id: root

    required property ConversationContext context
    required property int index
    required property int kind
    required property rowText content
    required property list<real> columns
    required property list<int> aligns
    required property int gap
    required property int listDepth
    required property int quoteDepth
    required property bool thought
    required property bool writing
    required property int highlightStart
    required property int highlightLength

    readonly property bool header: root.kind === ConversationModel.TableHeader
    readonly property real indent: root.listDepth * 24 + root.quoteDepth * 16 + (root.thought ? 16 : 0)
    readonly property real start: Math.round((root.width - root.context.column) / 2) + root.indent

    height: root.gap + text.implicitHeight + 13

    ConversationText {
        id: text

        aligns: root.aligns
        columns: root.columns
        content: root.content
        context: root.context
        dim: root.thought
        height: implicitHeight
        highlightLength: root.highlightLength
        highlightStart: root.highlightStart
        index: root.index
        look: root.header ? ConversationText.TableHeader : ConversationText.TableRow
        width: root.context.column - root.indent
        writing: root.writing
        x: root.start
        y: root.gap + 6
        Accessible.role: Accessible.Row
        Accessible.name: text.spoken
    }
    Rectangle {
        color: root.header ? Theme.faint : Theme.line
        height: 1
        width: Math.min(text.width, text.tableWidth)
        x: root.start
        y: root.height - 1
    }
}
