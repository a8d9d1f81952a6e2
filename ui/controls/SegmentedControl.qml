pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T

// One choice of a few, side by side; left and right move it.
T.Control {
    id: root

    required property list<string> options
    property list<string> toolTips: []
    property int currentIndex: 0

    signal activated(index: int)

    implicitWidth: row.implicitWidth
    implicitHeight: 26
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.PageTabList

    function choose(index: int): void {
        if (index >= 0 && index < root.options.length && index !== root.currentIndex)
            root.activated(index);
    }

    Keys.onLeftPressed: root.choose(root.currentIndex - 1)
    Keys.onRightPressed: root.choose(root.currentIndex + 1)

    contentItem: Row {
        id: row

        spacing: 2

        Repeater {
            model: root.options

            T.AbstractButton {
                id: segment

                required property string modelData
                required property int index
                readonly property bool current: index === root.currentIndex

                focusPolicy: Qt.NoFocus // the control has the keyboard
                implicitWidth: segmentLabel.implicitWidth + 20
                implicitHeight: 26
                Accessible.role: Accessible.PageTab
                Accessible.name: segment.modelData
                Accessible.checked: segment.current

                contentItem: SmallText {
                    id: segmentLabel

                    color: segment.current ? Theme.accent : Theme.dim
                    font.weight: segment.current ? Font.DemiBold : Font.Normal
                    horizontalAlignment: Text.AlignHCenter
                    text: segment.modelData
                    verticalAlignment: Text.AlignVCenter
                }
                background: Rectangle {
                    color: segment.current ? Theme.accentSoft : (segment.hovered ? Theme.hover : "transparent")
                    radius: 13
                }

                ToolTipArea {
                    text: root.toolTips[segment.index] ?? ""
                    visible: text !== "" && segment.hovered
                }
                onClicked: root.choose(segment.index)
            }
        }
    }

    FocusRing { shown: root.visualFocus; radius: 15 }
}
