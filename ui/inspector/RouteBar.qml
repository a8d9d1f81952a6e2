import QtQuick
import QtQuick.Layouts
import Conclave.Controls

// One chosen expert: its number, its weight as a bar and as a figure, its group.
RowLayout {
    id: root

    required property int expert
    required property string weightText
    required property double fraction
    required property int group

    spacing: Theme.space3
    Accessible.role: Accessible.ListItem
    Accessible.name: root.group < 0 ? qsTr("Expert %1, weight %2").arg(root.expert).arg(root.weightText)
                                    : qsTr("Expert %1, weight %2, group %3").arg(root.expert).arg(root.weightText).arg(root.group)

    MonoText {
        Layout.preferredWidth: Math.round(34 * Theme.fontScale)
        font.pixelSize: Theme.fontSmall
        text: qsTr("e%1", "an expert's number").arg(root.expert)
        Accessible.ignored: true
    }
    Rectangle {
        Layout.fillWidth: true
        Layout.preferredHeight: 8
        color: Theme.line
        radius: 4

        Rectangle {
            color: Theme.accent
            height: 8
            radius: 4
            width: Math.max(3, parent.width * root.fraction)
        }
    }
    MonoText {
        Layout.preferredHeight: Math.round(22 * Theme.fontScale)
        font.pixelSize: Theme.fontSmall
        text: root.weightText
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    SmallText {
        Layout.preferredWidth: Math.round(48 * Theme.fontScale)
        text: root.group < 0 ? "" : qsTr("group %1").arg(root.group)
        visible: root.group >= 0
        Accessible.ignored: true
    }
}
