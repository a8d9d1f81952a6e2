import QtQuick
import Conclave.Controls

// Goes through the versions of a message: ‹ 2/3 ›
Row {
    id: root

    required property int branch
    required property int branchCount

    signal switched(delta: int)

    spacing: 0
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Version %1 of %2").arg(root.branch + 1).arg(root.branchCount)

    IconButton {
        enabled: root.branch > 0
        iconName: "chevron-left"
        text: qsTr("Previous version (Alt+Left)")
        onClicked: root.switched(-1)
    }
    SmallText {
        anchors.verticalCenter: parent.verticalCenter
        horizontalAlignment: Text.AlignHCenter
        text: qsTr("%1/%2", "version of a message").arg(root.branch + 1).arg(root.branchCount)
    }
    IconButton {
        enabled: root.branch + 1 < root.branchCount
        iconName: "chevron-right"
        text: qsTr("Next version (Alt+Right)")
        onClicked: root.switched(1)
    }
}
