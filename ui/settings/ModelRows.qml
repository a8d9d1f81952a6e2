import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// How the model is run: where, how long a chat may be, and what that takes of the memory.
ColumnLayout {
    id: root

    required property Settings settings
    required property ModelHost model
    required property DeviceChoices devices

    readonly property bool onProcessor: root.settings.device === "cpu"
    readonly property list<string> kvTypes: ["f16", "q8_0", "f32"]
    // A device that was chosen and is not there stays in sight.
    readonly property list<string> names: root.devices.names.includes(root.settings.device) ? root.devices.names
                                                                                            : [...root.devices.names, root.settings.device]

    spacing: Theme.space2

    SmallText { text: qsTr("Compute on") }
    SegmentedControl {
        currentIndex: root.names.indexOf(root.settings.device)
        options: root.names.map(name => name === "cpu" ? qsTr("Processor") : name)
        toolTips: root.devices.descriptions
        visible: root.names.length > 1
        Accessible.name: qsTr("Compute on")
        onActivated: index => root.settings.device = root.names[index]
    }
    SmallText {
        Layout.fillWidth: true
        text: !root.onProcessor ? root.devices.descriptions[root.names.indexOf(root.settings.device)] ?? qsTr("It is not there now.")
              : root.devices.status !== "" ? qsTr("The processor; for a GPU: %1").arg(root.devices.status) : ""
        visible: text !== ""
        wrapMode: Text.Wrap
    }
    NumberRow {
        Layout.fillWidth: true
        decimals: 0
        explanation: root.model.longestContext > 0 ? qsTr("Tokens that a chat can have; this model takes up to %1").arg(Number(root.model.longestContext).toLocaleString(Qt.locale(), "f", 0))
                                                   : qsTr("Tokens that a chat can have")
        from: 256
        label: qsTr("Context")
        to: 1048576
        value: root.settings.contextLength
        onEdited: value => root.settings.contextLength = value
    }
    SmallText { text: root.onProcessor ? qsTr("Keep keys and values of the context in") : qsTr("A GPU keeps keys and values of the context in f32.") }
    SegmentedControl {
        currentIndex: root.kvTypes.indexOf(root.settings.kvType)
        options: root.kvTypes
        toolTips: [qsTr("16 bits each; hardly different from what was computed"), qsTr("8.5 bits each, for long chats; answers differ a little"), qsTr("32 bits each, as they were computed")]
        visible: root.onProcessor
        Accessible.name: qsTr("Keep keys and values of the context in")
        onActivated: index => root.settings.kvType = root.kvTypes[index]
    }
    SmallText {
        Layout.fillWidth: true
        color: root.model.memoryShort || root.model.sessionError !== "" ? Theme.warn : Theme.dim
        text: root.model.sessionError !== "" ? root.model.sessionError : root.model.memoryText
        visible: text !== ""
        wrapMode: Text.Wrap
    }
    NumberRow {
        Layout.fillWidth: true
        decimals: 0
        explanation: qsTr("0 leaves the window a core where there are few")
        label: qsTr("Threads")
        to: 512
        value: root.settings.threads
        onEdited: value => root.settings.threads = value
    }
}
