import QtQuick
import QtQuick.Layouts
import Conclave.Controls

// One figure with its chance band. Narrow panes give the band a line of its own.
GridLayout {
    id: root

    required property string name
    required property string valueText
    required property string chanceText
    required property string verdict
    required property string help
    required property double value
    required property double low
    required property double high
    required property bool wide

    columnSpacing: Theme.space3
    columns: root.wide ? 4 : 2
    rowSpacing: 0
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("%1 %2, %3, %4").arg(root.name).arg(root.valueText).arg(root.chanceText).arg(root.verdict)
    Accessible.description: root.help

    SmallText {
        Layout.minimumHeight: Math.round(22 * Theme.fontScale)
        Layout.preferredWidth: Math.round(100 * Theme.fontScale)
        text: root.name
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    MonoText {
        Layout.fillWidth: !root.wide
        Layout.preferredWidth: Math.round(72 * Theme.fontScale)
        font.pixelSize: Theme.fontSmall
        text: root.valueText
        Accessible.ignored: true
    }
    BandGauge {
        Layout.fillWidth: root.wide
        Layout.preferredWidth: root.wide ? 60 : Math.round(100 * Theme.fontScale)
        high: root.high
        low: root.low
        value: root.value
    }
    SmallText {
        Layout.fillWidth: !root.wide
        Layout.preferredWidth: root.wide ? Math.round(128 * Theme.fontScale) : -1
        text: root.chanceText
        Accessible.ignored: true
    }

    HoverHandler { id: hover }
    ToolTipArea {
        text: root.verdict === "" ? root.help : qsTr("%1 This answer is %2.").arg(root.help).arg(root.verdict)
        visible: hover.hovered
    }
}
