pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// The chats at the left: new, search, open, rename, delete.
Rectangle {
    id: root

    required property ChatListModel chats
    required property ChatController chat

    signal openModelRequested()
    signal settingsRequested()
    signal helpRequested()

    function focusSearch(): void { search.forceActiveFocus(); search.selectAll(); }
    function focusList(): void { list.forceActiveFocus(); }

    color: Theme.side
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Chats")

    ColumnLayout {
        anchors { fill: parent; margins: Theme.space3 }
        spacing: Theme.space1

        RowLayout {
            Layout.bottomMargin: Theme.space2

            BodyText {
                Layout.fillWidth: true
                Layout.leftMargin: Theme.space2
                elide: Text.ElideRight
                font.pixelSize: Theme.fontLarge
                font.weight: Font.DemiBold
                lineHeight: 1
                text: qsTr("Conclave")
                wrapMode: Text.NoWrap
            }
            IconButton {
                iconName: "plus"
                primary: true
                text: qsTr("New chat (Ctrl+N)")
                onClicked: root.chat.newChat()
            }
        }
        TextInputField {
            id: search

            Layout.fillWidth: true
            hint: qsTr("Ctrl K")
            iconName: "search"
            placeholderText: qsTr("Search chats")
            onTextChanged: root.chats.query = text
            Keys.onEscapePressed: { text = ""; focus = false; }
            Keys.onDownPressed: list.forceActiveFocus()
            Keys.onReturnPressed: if (list.count > 0) (list.itemAtIndex(0) as ChatRow)?.opened()
        }
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: Theme.space1
            boundsBehavior: Flickable.StopAtBounds
            clip: true
            keyNavigationEnabled: true
            model: root.chats
            spacing: 2
            section.property: "section"
            section.delegate: SmallText {
                required property string section

                width: ListView.view?.width ?? 0
                bottomPadding: Theme.space1
                font.capitalization: Font.AllUppercase
                font.letterSpacing: 0.6
                font.pixelSize: Theme.fontTiny
                leftPadding: Theme.space2
                text: section
                topPadding: 14
            }
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Chats")
            T.ScrollBar.vertical: ScrollBarThin {}

            delegate: ChatRow {
                required property int index

                width: ListView.view?.width ?? 0
                focus: ListView.isCurrentItem
                onDeleted: root.chat.deleteChat(chatId)
                onOpened: { list.currentIndex = index; root.chat.openChat(chatId); }
                onRenamed: title => root.chat.renameChat(chatId, title)
            }
            onActiveFocusChanged: if (activeFocus && currentIndex < 0 && count > 0) currentIndex = 0

            SmallText {
                anchors { left: parent.left; right: parent.right; margins: Theme.space2; top: parent.top; topMargin: Theme.space4 }
                text: search.text === "" ? qsTr("No chats yet") : qsTr("Nothing found")
                visible: list.count === 0
            }
        }
        Repeater {
            model: [
                { icon: "folder", label: qsTr("Open model"), keys: qsTr("Ctrl O") },
                { icon: "help", label: qsTr("Help"), keys: qsTr("F1") },
                { icon: "settings", label: qsTr("Settings"), keys: qsTr("Ctrl ,") }
            ]

            PaneEntry {
                required property var modelData // a row of the table above
                required property int index

                Layout.fillWidth: true
                iconName: modelData.icon
                keys: modelData.keys
                text: modelData.label
                onClicked: index === 0 ? root.openModelRequested() : index === 1 ? root.helpRequested() : root.settingsRequested()
            }
        }
    }
}
