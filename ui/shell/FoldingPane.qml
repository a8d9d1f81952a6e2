import QtQuick
import Conclave.Controls

// A side of the window: docked with a hairline that can be dragged, or an overlay above the conversation when the window is
// narrow. Folding slides it out.
Item {
    id: root

    enum Side { Left, Right }

    default property alias content: holder.data
    required property int side // FoldingPane.Side
    required property int paneWidth
    required property bool open
    required property bool overlay

    signal widthDragged(width: int)
    signal closeRequested()

    readonly property int shownWidth: root.open ? root.paneWidth : 0
    property real animatedWidth: root.shownWidth

    implicitWidth: root.overlay ? 0 : root.animatedWidth
    z: root.overlay ? 2 : 0
    Behavior on animatedWidth { enabled: Theme.normal > 0; NumberAnimation { duration: Theme.normal; easing.type: Easing.OutCubic } }

    Rectangle { // takes the click beside an open overlay
        color: Theme.dark ? "#66000000" : "#33000000"
        height: root.height
        visible: root.overlay && root.open
        width: 8192
        x: root.side === FoldingPane.Left ? 0 : -8192

        TapHandler { onTapped: root.closeRequested() }
    }
    Item {
        id: clipper

        clip: root.animatedWidth < root.paneWidth
        height: root.height
        visible: root.open || root.animatedWidth > 0 // at once, so that the keyboard can go there
        width: root.animatedWidth
        x: root.side === FoldingPane.Left ? 0 : (root.overlay ? -root.animatedWidth : root.width - root.animatedWidth)

        Item {
            id: holder

            height: parent.height
            width: root.paneWidth
            x: root.side === FoldingPane.Left ? clipper.width - width : 0
        }
        Hairline {
            height: parent.height
            width: 1
            x: root.side === FoldingPane.Left ? parent.width - 1 : 0
        }
        Item { // a wider grip than the line it moves
            height: parent.height
            width: 7
            x: root.side === FoldingPane.Left ? parent.width - width : 0

            HoverHandler { cursorShape: Qt.SplitHCursor }
            DragHandler {
                id: drag

                property real startWidth: 0

                target: null
                onActiveChanged: if (active) startWidth = root.paneWidth
                onActiveTranslationChanged: if (active)
                    root.widthDragged(startWidth + (root.side === FoldingPane.Left ? 1 : -1) * activeTranslation.x)
            }
        }
    }
}
