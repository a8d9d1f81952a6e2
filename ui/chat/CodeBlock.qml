pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// A part of a code block: its head when it is the first, its foot when it is the last.
Item {
    id: root

    required property ConversationContext context
    required property int index
    required property double messageId
    required property int block
    required property rowText content
    required property string language
    required property int gap
    required property int listDepth
    required property int quoteDepth
    required property bool first
    required property bool last
    required property bool writing
    required property int highlightStart
    required property int highlightLength

    readonly property real indent: root.listDepth * 24 + root.quoteDepth * 16

    function restoreScroll(): void { view.contentX = root.context.scrollOf(root.messageId, root.block); }

    height: root.gap + panel.height
    Component.onCompleted: root.restoreScroll()
    ListView.onReused: root.restoreScroll()

    Connections {
        target: root.context

        function onScrolled(messageId: double, block: int, x: real): void {
            if (messageId === root.messageId && block === root.block && !view.leads)
                view.contentX = Math.min(x, Math.max(0, view.contentWidth - view.width));
        }
    }
    RoundedPart {
        id: panel

        color: Theme.line
        height: (root.first ? 1 + head.height : 0) + view.height + (root.last ? 1 : 0)
        roundAbove: root.first
        roundBelow: root.last
        rounding: Theme.radiusPanel
        width: root.context.column - root.indent
        x: Math.round((root.width - root.context.column) / 2) + root.indent
        y: root.gap

        RoundedPart { // the ground inside a border of one pixel
            anchors { bottomMargin: root.last ? 1 : 0; fill: parent; leftMargin: 1; rightMargin: 1; topMargin: root.first ? 1 : 0 }
            color: Theme.code
            roundAbove: root.first
            roundBelow: root.last
            rounding: Theme.radiusPanel - 1
        }
        Loader {
            id: head

            active: root.first
            height: root.first ? 35 : 0
            width: parent.width
            y: 1

            sourceComponent: Item {
                SmallText {
                    anchors { left: parent.left; leftMargin: 14; verticalCenter: parent.verticalCenter }
                    text: root.language === "" ? qsTr("text", "code block without a language") : root.language
                }
                T.AbstractButton {
                    id: copy

                    anchors { right: parent.right; rightMargin: 6; verticalCenter: parent.verticalCenter }
                    focusPolicy: Qt.StrongFocus
                    implicitHeight: 26
                    implicitWidth: copyText.implicitWidth + 16
                    Accessible.name: qsTr("Copy the code")
                    onClicked: {
                        root.context.copyBlock(root.index);
                        copied.restart();
                    }
                    Keys.onReturnPressed: copy.click()

                    contentItem: SmallText {
                        id: copyText

                        color: copy.hovered || copy.visualFocus ? Theme.text : Theme.dim
                        horizontalAlignment: Text.AlignHCenter
                        text: copied.running ? qsTr("Copied") : qsTr("Copy")
                        verticalAlignment: Text.AlignVCenter
                    }
                    background: Rectangle {
                        color: copy.hovered ? Theme.hover : "transparent"
                        radius: Theme.radiusControl

                        FocusRing { gap: 0; shown: copy.visualFocus }
                    }

                    Timer { id: copied; interval: 1500 }
                }
                Hairline { anchors { bottom: parent.bottom; left: parent.left; right: parent.right } }
            }
        }
        Flickable {
            id: view

            readonly property bool leads: view.moving || bar.pressed

            boundsBehavior: Flickable.StopAtBounds
            clip: view.contentWidth > view.width
            contentHeight: height
            contentWidth: Math.max(width, text.contentWidth + 28)
            flickableDirection: Flickable.HorizontalFlick
            height: text.implicitHeight + (root.first ? 12 : 0) + (root.last ? 12 : 0)
            interactive: view.contentWidth > view.width
            width: panel.width - 2
            x: 1
            y: root.first ? 1 + head.height : 0
            T.ScrollBar.horizontal: ScrollBarThin {
                id: bar

                orientation: Qt.Horizontal
                visible: root.last && view.contentWidth > view.width
            }
            onContentXChanged: {
                if (view.leads)
                    root.context.scrollTo(root.messageId, root.block, view.contentX);
            }

            ConversationText {
                id: text

                content: root.content
                context: root.context
                height: implicitHeight
                highlightLength: root.highlightLength
                highlightStart: root.highlightStart
                index: root.index
                look: ConversationText.Code
                width: Math.max(contentWidth, view.width - 28)
                writing: root.writing
                x: 14
                y: root.first ? 12 : 0
                Accessible.role: Accessible.StaticText
                Accessible.name: text.spoken
            }
        }
    }
}
