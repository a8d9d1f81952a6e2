pragma ComponentBehavior: Bound

import QtQuick
import Conclave.Controls

// A mark of the map and its meaning.
Row {
    id: root

    enum Kind { Ring, Outline, Hatch, Shared }

    required property int kind
    required property string text
    property color ringColor: Theme.ring

    spacing: 6
    Accessible.role: Accessible.StaticText
    Accessible.name: root.text

    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        border.color: root.kind === LegendKey.Ring ? root.ringColor : Theme.faint
        border.width: root.kind === LegendKey.Ring ? 2 : root.kind === LegendKey.Outline ? 1 : 0
        clip: true
        color: root.kind === LegendKey.Shared ? Theme.accentSoft : "transparent"
        height: 10
        width: 10

        Repeater {
            model: root.kind === LegendKey.Hatch ? 3 : 0

            Rectangle {
                required property int index

                antialiasing: true
                color: Theme.faint
                height: 1
                rotation: -45
                width: 18
                x: -4
                y: index * 5
            }
        }
    }
    SmallText {
        font.pixelSize: Theme.fontTiny
        text: root.text
        Accessible.ignored: true
    }
}
