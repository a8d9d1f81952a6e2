pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// What the machine is doing, once a second, from real counters.
Item {
    id: root

    required property DeviceMonitor devices

    implicitHeight: grid.implicitHeight + 2 * Theme.space3

    Rectangle {
        anchors.fill: parent
        color: Theme.panel
    }
    Hairline { width: parent.width }
    GridLayout {
        id: grid

        anchors { left: parent.left; leftMargin: Theme.space4; right: parent.right; rightMargin: Theme.space4; verticalCenter: parent.verticalCenter }
        columnSpacing: Theme.space3
        columns: width < 340 * Theme.fontScale ? 2 : 4
        rowSpacing: Theme.space2
        uniformCellWidths: true
        Accessible.role: Accessible.List
        Accessible.name: qsTr("This machine")

        Repeater {
            model: root.devices

            DeviceGauge { Layout.fillWidth: true }
        }
    }
}
