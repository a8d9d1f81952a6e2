import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// What the model's router does: the expert map, one token's routes, the balance of the load; the machine at the foot.
FocusScope {
    id: root

    required property Inspector inspector
    required property DeviceMonitor devices
    required property Settings settings

    readonly property bool ready: root.inspector.state === Inspector.Ready
    readonly property bool hasMap: root.ready || root.inspector.state === Inspector.Empty
    readonly property bool seen: root.visible && Window.visibility !== Window.Minimized && Window.visibility !== Window.Hidden
    readonly property Item focusItem: Window.activeFocusItem

    function toggleTable(): void {
        root.inspector.tableShown = !root.inspector.tableShown;
    }
    // Keeps what has the keyboard in sight.
    function reveal(item: Item): void {
        if (!item || !content.contains(content.mapFromItem(item, item.width / 2, 0)))
            return;
        const top = content.mapFromItem(item, 0, 0).y;
        if (top < page.contentY)
            page.contentY = Math.max(0, top - Theme.space4);
        else if (top + Math.min(item.height, page.height) > page.contentY + page.height)
            page.contentY = Math.min(page.contentHeight - page.height, top + Math.min(item.height, page.height) - page.height + Theme.space4);
    }

    implicitWidth: 436
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Inspector")

    onFocusItemChanged: if (root.activeFocus) root.reveal(root.focusItem)

    Binding { property: "active"; target: root.inspector; value: root.seen }
    Binding { property: "active"; target: root.devices; value: root.seen }

    Rectangle {
        anchors.fill: parent
        color: Theme.panel
    }
    Flickable {
        id: page

        anchors { bottom: strip.top; left: parent.left; right: parent.right; top: parent.top }
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        contentHeight: content.height
        contentWidth: width

        T.ScrollBar.vertical: ScrollBarThin {}

        Item {
            id: content

            height: column.implicitHeight + 2 * Theme.space4
            width: page.width

            ColumnLayout {
                id: column

                anchors { left: parent.left; margins: Theme.space4; right: parent.right; top: parent.top }
                spacing: Theme.space3

                MapSection {
                    Layout.fillWidth: true
                    focus: true
                    inspector: root.inspector
                    settings: root.settings
                    visible: root.hasMap
                }
                PaneNote {
                    Layout.fillWidth: true
                    text: root.inspector.stateText
                    visible: !root.ready
                    warning: root.inspector.state === Inspector.Failed
                }
                Hairline { Layout.fillWidth: true; visible: root.ready }
                TokenSection {
                    Layout.fillWidth: true
                    inspector: root.inspector
                    visible: root.ready
                }
                Hairline { Layout.fillWidth: true; visible: root.ready }
                BalanceSection {
                    Layout.fillWidth: true
                    inspector: root.inspector
                    visible: root.ready
                }
            }
        }
    }
    DeviceStrip {
        id: strip

        anchors { bottom: parent.bottom; left: parent.left; right: parent.right }
        devices: root.devices
    }
}
