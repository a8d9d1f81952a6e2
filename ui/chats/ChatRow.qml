pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Conclave.Controls

// One chat in the list: opens on click or Enter, renames in place.
T.ItemDelegate {
    id: root

    required property var chatId // qint64; a var keeps all of its digits on the way back
    required property string title
    required property bool isCurrent
    required property string snippet

    property bool renaming: false

    signal opened()
    signal renamed(title: string)
    signal deleted()

    function startRename(): void {
        root.renaming = true;
        editor.text = root.title;
        editor.forceActiveFocus();
        editor.selectAll();
    }
    function endRename(accept: bool): void {
        if (!root.renaming)
            return;
        root.renaming = false;
        if (accept && editor.text.trim() !== "" && editor.text.trim() !== root.title)
            root.renamed(editor.text.trim());
        root.forceActiveFocus();
    }

    height: root.snippet === "" ? 34 : 50
    focusPolicy: Qt.StrongFocus
    highlighted: root.isCurrent
    Accessible.role: Accessible.ListItem
    Accessible.name: root.title
    Accessible.selected: root.isCurrent

    onClicked: root.opened()
    Keys.onReturnPressed: root.opened()
    Keys.onEnterPressed: root.opened()
    Keys.onDeletePressed: root.deleted()
    Keys.onPressed: event => {
        if (event.key === Qt.Key_F2) {
            root.startRename();
            event.accepted = true;
        } else if (event.key === Qt.Key_Menu) {
            menu.popup(root, 8, root.height);
            event.accepted = true;
        }
    }

    contentItem: Item {
        SmallText {
            id: label

            anchors { left: parent.left; leftMargin: Theme.space2; right: more.left; rightMargin: 2 }
            color: root.isCurrent ? Theme.accent : Theme.text
            font.pixelSize: Theme.fontCode
            font.weight: root.isCurrent ? Font.DemiBold : Font.Normal
            text: root.title
            visible: !root.renaming
            y: root.snippet === "" ? (parent.height - height) / 2 : 7
        }
        SmallText {
            anchors { left: label.left; right: label.right; top: label.bottom; topMargin: 2 }
            font.pixelSize: Theme.fontTiny
            text: root.snippet
            visible: root.snippet !== "" && !root.renaming
        }
        TextInputField {
            id: editor

            anchors { fill: parent; margins: 1 }
            visible: root.renaming
            Accessible.name: qsTr("New name of the chat")
            onAccepted: root.endRename(true)
            onActiveFocusChanged: if (!activeFocus) root.endRename(true)
            Keys.onEscapePressed: root.endRename(false)
        }
        IconButton {
            id: more

            anchors { right: parent.right; rightMargin: 2; verticalCenter: parent.verticalCenter }
            focusPolicy: Qt.NoFocus
            iconName: "chevron-down"
            text: qsTr("More for this chat")
            visible: (root.hovered || menu.visible) && !root.renaming
            onClicked: menu.popup(more, 0, more.height)
        }
    }
    background: Rectangle {
        color: root.isCurrent ? Theme.accentSoft : (root.hovered ? Theme.hover : "transparent")
        radius: Theme.radiusControl

        FocusRing { shown: root.visualFocus; gap: -1 }
    }

    MenuPopup {
        id: menu

        MenuEntry { shortcutText: qsTr("F2"); text: qsTr("Rename"); onTriggered: root.startRename() }
        MenuEntry { destructive: true; shortcutText: qsTr("Delete"); text: qsTr("Delete"); onTriggered: root.deleted() }
    }
    ToolTipArea {
        text: root.title
        visible: root.hovered && label.truncated && !menu.visible
        y: root.height + 4
    }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: point => menu.popup(root, point.position.x, point.position.y)
    }
}
