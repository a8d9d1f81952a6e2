pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// The map as numbers: a row an expert, sorted by any column.
FocusScope {
    id: root

    required property ExpertTable table

    readonly property int columns: 6
    readonly property list<real> shares: [0.75, 0.85, 1, 1.2, 1.15, 1.05] // of a sixth of the width
    readonly property int rowHeight: Math.round(22 * Theme.fontScale)

    function columnWidth(column: int): real {
        return Math.max(24, (root.width - 10) / root.columns * root.shares[column]); // the scroll bar keeps its place
    }

    Row {
        id: header

        Repeater {
            model: root.columns

            T.AbstractButton {
                id: heading

                required property int index
                readonly property string mark: root.table.sortColumn !== heading.index ? "" : root.table.descending ? " ↓" : " ↑"

                focusPolicy: Qt.StrongFocus
                height: Math.round(34 * Theme.fontScale)
                width: root.columnWidth(heading.index)
                text: root.table.headerData(heading.index, Qt.Horizontal)
                Accessible.role: Accessible.ColumnHeader
                Accessible.name: heading.text
                Accessible.description: root.table.help(heading.index)
                Keys.onReturnPressed: heading.click()

                contentItem: SmallText {
                    color: heading.mark === "" ? Theme.dim : Theme.accent
                    font.pixelSize: Theme.fontTiny
                    horizontalAlignment: Text.AlignRight
                    rightPadding: Theme.space1
                    elide: Text.ElideNone
                    text: heading.text + heading.mark
                    verticalAlignment: Text.AlignVCenter
                    wrapMode: Text.WordWrap
                }
                background: Item {
                    FocusRing { gap: -1; shown: heading.visualFocus }
                }
                ToolTipArea {
                    text: root.table.help(heading.index)
                    visible: heading.hovered || heading.visualFocus
                }
                onClicked: root.table.sortBy(heading.index)
            }
        }
    }
    Hairline {
        anchors.top: header.bottom
        width: root.width
    }
    TableView {
        id: view

        activeFocusOnTab: true
        anchors { bottom: parent.bottom; left: parent.left; right: parent.right; top: header.bottom; topMargin: 1 }
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        columnWidthProvider: column => root.columnWidth(column)
        model: root.table
        reuseItems: true
        rowHeightProvider: row => root.rowHeight
        selectionModel: ItemSelectionModel {}
        T.ScrollBar.vertical: ScrollBarThin {}
        Accessible.role: Accessible.Table
        Accessible.name: qsTr("Experts by layer")

        delegate: Item {
            id: cell

            required property string display
            required property int column
            required property bool current

            implicitHeight: root.rowHeight
            implicitWidth: root.columnWidth(cell.column)
            Accessible.role: Accessible.Cell
            Accessible.name: qsTr("%1: %2", "table heading: value").arg(root.table.headerData(cell.column, Qt.Horizontal)).arg(cell.display)

            Rectangle {
                anchors.fill: parent
                border { color: Theme.accent; width: 2 }
                color: "transparent"
                radius: 3
                visible: cell.current && view.activeFocus
            }
            MonoText {
                anchors { fill: parent; rightMargin: Theme.space1 }
                color: cell.column < 2 ? Theme.dim : Theme.text
                font.pixelSize: Theme.fontSmall
                horizontalAlignment: Text.AlignRight
                text: cell.display
                verticalAlignment: Text.AlignVCenter
                Accessible.ignored: true
            }
        }
        onWidthChanged: view.forceLayout()
    }
}
