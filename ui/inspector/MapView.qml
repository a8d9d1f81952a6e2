pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// The map with its edges labelled, and a cell cursor over it. It scrolls sideways when zoomed in.
Item {
    id: root

    required property Inspector inspector
    required property Settings settings
    property alias map: map

    readonly property color ringColor: map.diverging ? Theme.text : Theme.ring // orange would be lost in lift's orange
    readonly property int edge: Math.round(28 * Theme.fontScale) // room for the layers' names

    implicitHeight: view.height + expertAxis.height

    Repeater {
        model: map.layerTicks

        SmallText {
            required property mapTick modelData

            color: Theme.dim
            font.pixelSize: Theme.fontTiny
            text: modelData.text
            y: Math.round(modelData.at - implicitHeight / 2)
            Accessible.ignored: true
        }
    }
    Rectangle { // the layer whose routes are listed below
        color: Theme.accent
        height: Math.max(3, map.selectedRow.height)
        radius: 1
        visible: map.selectedRow.height > 0
        width: 3
        x: root.edge - 6
        y: map.selectedRow.y
    }
    Flickable {
        id: view

        boundsBehavior: Flickable.StopAtBounds
        clip: map.zoom > 1
        contentHeight: map.height
        contentWidth: map.width
        height: map.implicitHeight + (map.zoom > 1 ? 12 : 0)
        interactive: map.zoom > 1
        width: root.width - root.edge
        x: root.edge

        T.ScrollBar.horizontal: ScrollBarThin {}

        ExpertMap {
            id: map

            colormap: root.settings.colormap
            dark: Theme.dark
            height: implicitHeight
            inspector: root.inspector
            lineColor: Theme.line
            ringColor: root.ringColor
            sharedColor: Theme.accentSoft
            viewHeight: 320
            viewWidth: view.width
            width: implicitWidth
            Accessible.role: Accessible.Graphic
            Accessible.name: map.hasCursor ? map.cursorText : qsTr("Expert map: arrow keys walk its cells")
            Accessible.focusable: true

            onCursorRectChanged: {
                if (map.zoom < 2 || !map.activeFocus)
                    return;
                if (map.cursorRect.x < view.contentX)
                    view.contentX = Math.max(0, map.cursorRect.x - 8);
                else if (map.cursorRect.right > view.contentX + view.width)
                    view.contentX = map.cursorRect.right - view.width + 8;
            }

            Rectangle {
                border { color: Theme.text; width: 2 }
                color: "transparent"
                height: map.cursorRect.height + 6
                radius: 2
                visible: map.hasCursor
                width: map.cursorRect.width + 6
                x: map.cursorRect.x - 3
                y: map.cursorRect.y - 3
            }
        }
    }
    FocusRing { anchors.fill: view; gap: 3; shown: map.activeFocus }
    Item {
        id: expertAxis

        clip: true
        height: Math.round(16 * Theme.fontScale)
        width: view.width + 8
        x: root.edge
        y: view.height

        Repeater {
            model: map.expertTicks

            SmallText {
                required property mapTick modelData

                color: Theme.dim
                font.pixelSize: Theme.fontTiny
                text: modelData.text
                x: modelData.at - view.contentX
                Accessible.ignored: true
            }
        }
    }
}
