pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// How evenly the experts were used, each figure beside what pure chance would give; and the check of the counts.
ColumnLayout {
    id: root

    required property Inspector inspector

    spacing: Theme.space1

    RowLayout {
        Layout.bottomMargin: Theme.space1
        Layout.fillWidth: true
        spacing: Theme.space3

        BodyText {
            font.weight: Font.DemiBold
            lineHeight: 1
            text: qsTr("Balance")
            wrapMode: Text.NoWrap
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        SmallText {
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignRight
            text: root.inspector.tokensText
        }
    }
    Repeater {
        model: root.inspector.balance

        BalanceRow {
            Layout.fillWidth: true
            wide: root.width >= 360 * Theme.fontScale
        }
    }
    SmallText {
        Layout.fillWidth: true
        Layout.topMargin: Theme.space1
        color: root.inspector.sumHolds ? Theme.dim : Theme.danger
        elide: Text.ElideNone
        lineHeight: 1.3
        text: root.inspector.sumText
        wrapMode: Text.Wrap
        Accessible.role: Accessible.StaticText
        Accessible.name: text

        HoverHandler { id: sumHover }
        ToolTipArea {
            text: qsTr("Every token picks the same number of experts in every layer, so the counts must add up; this is summed anew each time.")
            visible: sumHover.hovered
        }
    }
}
