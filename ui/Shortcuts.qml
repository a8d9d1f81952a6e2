import QtQuick
import Conclave.App

// The keys of the whole window. resources/help/facts.json names them for people; a test holds the two together.
Item {
    id: root

    required property ChatController chat
    required property bool stopAllowed // Esc belongs to an open dialog first

    signal openModel()
    signal toggleChats()
    signal toggleInspector()
    signal search()
    signal settings()
    signal help()
    signal cyclePanes()
    signal mapTable()

    component Keys: Shortcut { context: Qt.WindowShortcut }

    Keys { objectName: "new-chat"; sequence: "Ctrl+N"; onActivated: root.chat.newChat() }
    Keys { objectName: "open-model"; sequence: "Ctrl+O"; onActivated: root.openModel() }
    Keys { objectName: "search"; sequence: "Ctrl+K"; onActivated: root.search() }
    Keys { objectName: "stop"; enabled: root.chat.busy && root.stopAllowed; sequence: "Esc"; onActivated: root.chat.stop() }
    Keys { objectName: "regenerate"; enabled: !root.chat.busy; sequence: "Ctrl+R"; onActivated: root.chat.regenerateLast() }
    Keys { objectName: "inspector"; sequence: "Ctrl+I"; onActivated: root.toggleInspector() }
    Keys { objectName: "chats"; sequence: "Ctrl+B"; onActivated: root.toggleChats() }
    Keys { objectName: "undo"; enabled: root.chat.undoAvailable; sequence: "Ctrl+Z"; onActivated: root.chat.undoDelete() }
    Keys { objectName: "panes"; sequence: "F6"; onActivated: root.cyclePanes() }
    Keys { objectName: "help"; sequence: "F1"; onActivated: root.help() }
    Keys { objectName: "settings"; sequence: "Ctrl+,"; onActivated: root.settings() }
    Keys { objectName: "map-table"; sequence: "Ctrl+T"; onActivated: root.mapTable() }
    Keys { objectName: "quit"; sequence: "Ctrl+Q"; onActivated: Qt.quit() }
}
