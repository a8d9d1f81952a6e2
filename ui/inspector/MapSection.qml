pragma ComponentBehavior: Bound

import QtQuick
import Conclave.App
import Conclave.Controls

// The expert map or its table, with what it shows.
FocusScope {
    id: root

    required property Inspector inspector
    required property Settings settings

    readonly property bool narrow: root.width < title.implicitWidth + modes.implicitWidth + tableButton.width + 2 * Theme.space2

    implicitHeight: body.y + body.height

    BodyText {
        id: title

        font.weight: Font.DemiBold
        height: 28
        text: qsTr("Expert map")
        verticalAlignment: Text.AlignVCenter
        wrapMode: Text.NoWrap
        Accessible.role: Accessible.Heading
        Accessible.name: text

        HoverHandler { id: titleHover }
        ToolTipArea {
            text: qsTr("Each row is a layer, each cell one of its experts. The router picks a few experts for every token. %1").arg(root.inspector.ruleText === "" ? "" : qsTr("Rule: %1.").arg(root.inspector.ruleText))
            visible: titleHover.hovered
        }
    }
    SegmentedControl {
        id: modes

        currentIndex: root.inspector.mode
        focus: true
        options: [qsTr("now", "expert map mode"), qsTr("fading", "expert map mode"), qsTr("total", "expert map mode"), qsTr("lift", "expert map mode")]
        toolTips: [qsTr("The router's weight of each expert for one token."),
            qsTr("The mean weight per token, where older tokens count less and less."),
            qsTr("How many tokens used each expert, prompt included."),
            qsTr("Uses against a router that spreads its picks evenly: 1× is a fair share.")]
        x: root.narrow ? -Theme.space2 : root.width - tableButton.width - Theme.space1 - width
        y: root.narrow ? 30 : 1
        Accessible.name: qsTr("What the map shows")
        onActivated: index => root.inspector.mode = index
    }
    IconButton {
        id: tableButton

        anchors.right: parent.right
        checkable: false
        checked: root.inspector.tableShown
        iconName: root.inspector.tableShown ? "grid" : "table"
        text: root.inspector.tableShown ? qsTr("Show the map") : qsTr("Show as a table")
        onClicked: root.inspector.tableShown = !root.inspector.tableShown
    }
    Column {
        id: body

        spacing: Theme.space2
        width: root.width
        y: (root.narrow ? 60 : 28) + Theme.space2

        MapView {
            id: mapView

            inspector: root.inspector
            settings: root.settings
            visible: !root.inspector.tableShown
            width: parent.width
        }
        MapLegend {
            inspector: root.inspector
            map: mapView.map
            settings: root.settings
            visible: !root.inspector.tableShown
            width: parent.width
        }
        Loader { // a view of some thousand rows; made when asked for
            active: root.inspector.tableShown
            height: 330
            visible: active
            width: parent.width
            sourceComponent: ExpertTableView { table: root.inspector.table }
        }
    }
}
