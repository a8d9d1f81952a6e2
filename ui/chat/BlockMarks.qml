import QtQuick
import Conclave.Controls

// What stands beside a row of text: the marker of its list item, the bars of its quotes, the bar of thinking.
Item {
    id: root

    required property string marker
    required property int task // 0 none, 1 open, 2 done
    required property int quoteDepth
    required property int listDepth
    required property int quoteAbove
    required property int gap
    required property bool thought
    required property real lineHeight

    Repeater {
        model: root.quoteDepth

        Rectangle {
            required property int index

            color: Theme.line
            height: root.height + (index < root.quoteAbove ? root.gap : 0)
            radius: 1
            width: 3
            x: index * 16 + (root.thought ? 16 : 0)
            y: root.height - height
        }
    }
    Rectangle {
        color: Theme.line
        height: root.height + root.gap
        visible: root.thought
        width: 1
        x: 5
        y: -root.gap
    }
    SmallText {
        color: Theme.dim
        font.pixelSize: Theme.fontBody
        height: root.lineHeight
        horizontalAlignment: Text.AlignRight
        text: root.marker
        verticalAlignment: Text.AlignVCenter
        visible: root.marker !== ""
        width: 60
        x: root.width - width - 7
    }
    Rectangle {
        border.color: root.task === 2 ? Theme.accent : Theme.dim
        color: root.task === 2 ? Theme.accent : "transparent"
        height: 14
        radius: 3
        visible: root.task > 0
        width: 14
        x: root.width - width - 6
        y: Math.round((root.lineHeight - height) / 2)
        Accessible.role: Accessible.CheckBox
        Accessible.name: root.task === 2 ? qsTr("done") : qsTr("open", "of a task in a list")
        Accessible.checked: root.task === 2
        Accessible.readOnly: true

        Icon {
            anchors.centerIn: parent
            color: Theme.accentText
            name: "check"
            scale: 0.8
            visible: root.task === 2
        }
    }
}
