import QtQuick
import QtQuick.Layouts
import Conclave.Controls

// One reading; an outline instead of a bar when there is none.
ColumnLayout {
    id: root

    required property string label
    required property string valueText
    required property bool known
    required property double fraction
    required property string detail

    spacing: 2
    Accessible.role: Accessible.Indicator
    Accessible.name: qsTr("%1: %2", "device: reading").arg(root.label).arg(root.valueText)
    Accessible.description: root.detail

    SmallText {
        Layout.fillWidth: true
        font.pixelSize: Theme.fontTiny
        text: root.label
        Accessible.ignored: true
    }
    SmallText {
        Layout.fillWidth: true
        color: root.known ? Theme.text : Theme.dim
        text: root.valueText
        Accessible.ignored: true
    }
    Rectangle {
        Layout.fillWidth: true
        Layout.preferredHeight: 4
        Layout.topMargin: 2
        border { color: Theme.line; width: root.known ? 0 : 1 }
        color: root.known ? Theme.line : "transparent"
        radius: 2

        Rectangle {
            color: Theme.accent
            height: 4
            radius: 2
            visible: root.known
            width: Math.max(2, parent.width * root.fraction)
        }
    }

    HoverHandler { id: hover }
    ToolTipArea {
        text: root.detail
        visible: hover.hovered && root.detail !== ""
    }
}
