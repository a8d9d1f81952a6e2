pragma ComponentBehavior: Bound

import QtQuick
import Conclave.App
import Conclave.Controls

// How fast the fading map forgets.
Row {
    id: root

    required property Inspector inspector

    readonly property list<int> choices: [8, 32, 128]

    spacing: 0

    SmallText {
        height: choice.height
        text: qsTr("half-life, tokens")
        verticalAlignment: Text.AlignVCenter

        HoverHandler { id: hover }
        ToolTipArea {
            text: qsTr("After this many tokens a use counts half.")
            visible: hover.hovered
        }
    }
    SegmentedControl {
        id: choice

        currentIndex: root.inspector.halfLife === root.choices[0] ? 0 : root.inspector.halfLife === root.choices[1] ? 1 : 2
        options: root.choices.map(n => Number(n).toLocaleString(Qt.locale(), "f", 0))
        toolTips: root.choices.map(n => qsTr("A use counts half after %1 tokens.").arg(n))
        Accessible.name: qsTr("Half-life in tokens")
        onActivated: index => root.inspector.halfLife = root.choices[index]
    }
}
