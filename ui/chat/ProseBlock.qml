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
        active: root.task > 0
        x: root.start + root.indent - 20
        y: root.gap + Math.round((text.lineHeight - 14) / 2)

        sourceComponent: TaskBox { done: root.task === 2 }
    }
    ConversationText {
        id: text

        content: root.content
        dim: root.thought || root.quoteDepth > 0
        gap: root.gap
        height: implicitHeight
        highlightLength: root.highlightLength
        highlightStart: root.highlightStart
        indent: root.indent
        level: root.level
        look: root.kind === ConversationModel.Heading ? ConversationText.Heading : ConversationText.Prose
        marker: root.marker
        quoteAbove: root.quoteAbove
        quoteDepth: root.quoteDepth
        style: root.context.textStyle
        thought: root.thought
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
