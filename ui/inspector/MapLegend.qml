import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// What colours and marks mean, with numbers and unit; below, the exact values of the cell under the cursor.
Column {
    id: root

    required property Inspector inspector
    required property Settings settings
    required property ExpertMap map

    spacing: Theme.space2

    Flow {
        spacing: Theme.space3
        width: root.width

        RowLayout {
            height: 26
            spacing: Theme.space2

            SmallText { text: root.map.lowText }
            ColorRamp {
                Layout.preferredHeight: 8
                Layout.preferredWidth: 110
                colormap: root.settings.colormap
                dark: Theme.dark
                diverging: root.map.diverging
                Accessible.role: Accessible.Graphic
                Accessible.name: qsTr("Colour scale from %1 to %2").arg(root.map.lowText).arg(root.map.highText)
            }
            SmallText { text: root.map.highText }
        }
        HalfLifeChoice {
            inspector: root.inspector
            visible: root.inspector.mode === MapMode.Fading
        }
    }
    Flow {
        spacing: Theme.space3
        width: root.width

        LegendKey { kind: LegendKey.Ring; ringColor: root.map.ringColor; text: root.inspector.followsLatest ? qsTr("newest token") : qsTr("selected token") }
        LegendKey { kind: LegendKey.Outline; text: root.map.outlines ? qsTr("not used yet") : qsTr("empty: not used yet") }
        LegendKey { kind: LegendKey.Hatch; text: qsTr("dense layer"); visible: root.map.hasDense }
        LegendKey { kind: LegendKey.Shared; text: qsTr("shared expert"); visible: root.map.hasShared }
    }
    SmallText { // its height is kept, so that pointing at the map moves nothing
        id: note

        color: root.map.hasCursor ? Theme.text : Theme.dim
        elide: Text.ElideNone
        height: (root.width < 380 ? 3 : 2) * Math.ceil(lineHeight * metrics.height)
        lineHeight: 1.3
        text: root.map.hasCursor ? root.map.cursorText : root.map.outlines ? qsTr("Point at a cell, or walk the map with the arrow keys, for exact values.")
            : qsTr("Point at a cell, or walk the map with the arrow keys, for exact values; + and − zoom.")
        width: root.width
        wrapMode: Text.Wrap

        FontMetrics { id: metrics; font: note.font }
    }
}
