pragma ComponentBehavior: Bound
import QtQuick
import Conclave.App
import Conclave.Controls

// A paragraph, a heading, or a part of a long one.
Item {
    id: root

    required property ConversationContext context
    required property int index
    required property int kind
    required property rowText content
    required property int gap
    required property int level
    required property int listDepth
    required property int quoteDepth
    required property int quoteAbove
    required property string marker
    required property int task
    required property bool thought
    required property bool writing
    required property int highlightStart
    required property int highlightLength

    readonly property real indent: root.listDepth * 24 + root.quoteDepth * 16 + (root.thought ? 16 : 0)
    readonly property real start: Math.round((root.width - root.context.column) / 2)

    height: root.gap + text.implicitHeight

    Loader {
        active: root.marker !== "" || root.task > 0 || root.quoteDepth > 0 || root.thought
        height: text.height
        width: root.indent
        x: root.start
        y: root.gap

        sourceComponent: BlockMarks {
            gap: root.gap
            lineHeight: text.lineHeight
            listDepth: root.listDepth
            marker: root.marker
            quoteAbove: root.quoteAbove
            quoteDepth: root.quoteDepth
            task: root.task
            thought: root.thought
        }
    }
    ConversationText {
        id: text

        content: root.content
        dim: root.thought || root.quoteDepth > 0
        height: implicitHeight
        highlightLength: root.highlightLength
        highlightStart: root.highlightStart
        level: root.level
        look: root.kind === ConversationModel.Heading ? ConversationText.Heading : ConversationText.Prose
        style: root.context.textStyle
        width: root.context.column - root.indent
        writing: root.writing
        x: root.start + root.indent
        y: root.gap
        Accessible.role: root.kind === ConversationModel.Heading ? Accessible.Heading : Accessible.Paragraph
        Accessible.name: root.content.plain
        onClicked: offset => root.context.characterClicked(root.index, offset)
        onCopyRequested: selection => root.context.copyRequested(selection)
        onHoveredLinkChanged: root.context.hoveredLink = text.hoveredLink
        onLinkActivated: target => root.context.linkActivated(target)
    }
}
