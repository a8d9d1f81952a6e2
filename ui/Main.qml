pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Conclave.App
import Conclave.Chat
import Conclave.Chats
import Conclave.Composer
import Conclave.Controls
import Conclave.Help
import Conclave.Inspector
import Conclave.SettingsPanel
import Conclave.Shell

// The window: chats | conversation | inspector. Composition only; logic lives in Conclave.App.
ApplicationWindow {
    id: root

    required property ChatListModel chats
    required property ChatController chat
    required property ConversationModel conversation
    required property ModelHost model
    required property Inspector inspector
    required property DeviceMonitor devices
    required property DeviceChoices deviceChoices
    required property Settings settings
    required property HelpModel help

    readonly property bool chatsOverlay: root.width < 760
    readonly property bool inspectorOverlay: root.width < 1100
    property bool chatsShown: !root.chatsOverlay && !root.settings.chatsFolded
    property bool inspectorShown: !root.inspectorOverlay && !root.settings.inspectorFolded

    function toggleChats(): void {
        root.chatsShown = !root.chatsShown;
        if (!root.chatsOverlay)
            root.settings.chatsFolded = !root.chatsShown;
    }
    function toggleInspector(): void {
        root.inspectorShown = !root.inspectorShown;
        if (!root.inspectorOverlay)
            root.settings.inspectorFolded = !root.inspectorShown;
    }
    function focusChats(): void {
        root.chatsShown = true;
        chatsPane.focusSearch();
    }
    function cyclePanes(): void {
        if (composer.activeFocusInside)
            root.inspectorShown ? inspectorPane.forceActiveFocus(Qt.TabFocusReason) : root.chatsShown ? chatsPane.focusList() : composer.focusInput();
        else if (inspectorPane.activeFocus && root.chatsShown)
            chatsPane.focusList();
        else if (!conversationView.activeFocus && !root.chat.isEmpty)
            conversationView.forceActiveFocus(Qt.TabFocusReason);
        else
            composer.focusInput();
    }
    function openModel(): void { fileDialog.active = true; (fileDialog.item as OpenModelDialog).open(); }

    width: 1440
    height: 900
    minimumWidth: 640
    minimumHeight: 480
    visible: true
    title: root.chat.currentTitle === "" ? qsTr("Conclave") : qsTr("%1 – Conclave").arg(root.chat.currentTitle)
    color: Theme.window
    palette { // for the file dialog, which is Qt's
        base: Theme.raised
        brightText: Theme.accentText
        button: Theme.raised
        buttonText: Theme.text
        dark: Theme.dim
        highlight: Theme.selection
        highlightedText: Theme.text
        light: Theme.hover
        mid: Theme.line
        midlight: Theme.hover
        placeholderText: Theme.dim
        text: Theme.text
        window: Theme.window
        windowText: Theme.text
    }
    font.family: Theme.fontFamily

    onChatsOverlayChanged: root.chatsShown = !root.chatsOverlay && !root.settings.chatsFolded
    onInspectorOverlayChanged: root.inspectorShown = !root.inspectorOverlay && !root.settings.inspectorFolded
    Component.onCompleted: composer.focusInput()

    Binding { target: Theme; property: "scheme"; value: root.settings.theme }
    Binding { target: Theme; property: "reducedMotion"; value: root.settings.reducedMotion }
    Binding { target: Theme; property: "fontScale"; value: root.settings.fontScale }

    Shortcuts {
        chat: root.chat
        stopAllowed: !settingsDialog.visible && !helpDialog.visible
        onCyclePanes: root.cyclePanes()
        onHelp: helpDialog.open()
        onMapTable: { root.inspectorShown = true; inspectorPane.toggleTable(); }
        onOpenModel: root.openModel()
        onSearch: root.focusChats()
        onSettings: settingsDialog.open()
        onToggleChats: root.toggleChats()
        onToggleInspector: root.toggleInspector()
    }

    FoldingPane {
        id: chatsSide

        anchors { bottom: parent.bottom; left: parent.left; top: parent.top }
        open: root.chatsShown
        overlay: root.chatsOverlay
        paneWidth: root.settings.chatsWidth
        side: FoldingPane.Left
        onCloseRequested: root.chatsShown = false
        onWidthDragged: width => root.settings.chatsWidth = width

        ChatsPane {
            id: chatsPane

            anchors.fill: parent
            chat: root.chat
            chats: root.chats
            onHelpRequested: helpDialog.open()
            onOpenModelRequested: root.openModel()
            onSettingsRequested: settingsDialog.open()
        }
    }

    Item {
        id: middle

        anchors { bottom: parent.bottom; left: chatsSide.right; right: inspectorSide.left; top: parent.top }

        HeaderBar {
            id: header

            anchors { left: parent.left; right: parent.right; top: parent.top }
            chat: root.chat
            chatsOpen: root.chatsShown
            inspectorOpen: root.inspectorShown
            model: root.model
            onChatsToggled: root.toggleChats()
            onInspectorToggled: root.toggleInspector()
            onOpenModelRequested: root.openModel()
        }
        ConversationView {
            id: conversationView

            anchors { bottom: question.visible ? notices.top : composer.top; bottomMargin: Theme.space2; left: parent.left; right: parent.right; top: header.bottom }
            chat: root.chat
            conversation: root.conversation
            settings: root.settings
            onEditRequested: (messageId, text) => composer.edit(messageId, text)
        }
        WelcomeView {
            anchors.fill: conversationView
            model: root.model
            visible: root.chat.isEmpty && !modelStatus.visible
            onAsked: text => root.chat.send(text)
        }
        ModelStatus {
            id: modelStatus

            anchors { bottom: composer.top; bottomMargin: Theme.space3; horizontalCenter: parent.horizontalCenter }
            model: root.model
            onProcessor: root.settings.device === "cpu"
            width: composer.width
            onProcessorRequested: root.settings.device = "cpu"
            onOpenModelRequested: root.openModel()
        }
        Column {
            id: notices

            anchors { bottom: modelStatus.visible ? modelStatus.top : composer.top; bottomMargin: Theme.space3; horizontalCenter: parent.horizontalCenter }
            spacing: Theme.space2

            ContextQuestion {
                id: question

                chat: root.chat
                settings: root.settings
                visible: root.chat.question !== ""
                width: Math.min(composer.width, implicitWidth)
            }
            Notice {
                message: root.chat.notice
                visible: root.chat.notice !== ""
                warning: true
                width: Math.min(composer.width, implicitWidth)
                onDismissed: root.chat.dismissNotice()
            }
            Notice {
                actionText: qsTr("Undo")
                message: root.chat.undoText
                visible: root.chat.undoAvailable
                width: Math.min(composer.width, implicitWidth)
                onAction: root.chat.undoDelete()
                onDismissed: root.chat.forgetUndo()
            }
        }
        Composer {
            id: composer

            anchors { bottom: parent.bottom; bottomMargin: 18; horizontalCenter: parent.horizontalCenter }
            chat: root.chat
            model: root.model
            settings: root.settings
            width: Math.min(parent.width - 2 * Theme.space4, 732)
        }
        DropArea {
            anchors.fill: parent
            keys: ["text/uri-list"]
            onDropped: drop => { if (drop.hasUrls) root.model.open(drop.urls[0]); }

            Rectangle {
                anchors { fill: parent; margins: Theme.space2 }
                border { color: Theme.accent; width: 2 }
                color: "transparent"
                radius: Theme.radiusPanel
                visible: parent.containsDrag
            }
        }
    }

    FoldingPane {
        id: inspectorSide

        anchors { bottom: parent.bottom; right: parent.right; top: parent.top }
        open: root.inspectorShown
        overlay: root.inspectorOverlay
        paneWidth: Math.min(root.settings.inspectorWidth, root.width - 48)
        side: FoldingPane.Right
        onCloseRequested: root.inspectorShown = false
        onWidthDragged: width => root.settings.inspectorWidth = width

        InspectorPane {
            id: inspectorPane

            anchors.fill: parent
            devices: root.devices
            inspector: root.inspector
            settings: root.settings
        }
    }

    SettingsDialog { id: settingsDialog; devices: root.deviceChoices; model: root.model; settings: root.settings }
    HelpDialog { id: helpDialog; help: root.help }
    Loader { // the file dialog costs tens of milliseconds; made when first asked for
        id: fileDialog

        active: false
        sourceComponent: OpenModelDialog { onChosen: file => root.model.open(file) }
    }
}
