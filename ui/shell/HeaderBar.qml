import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// Above the conversation: which model answers, what it is, how full its context is.
Item {
    id: root

    required property ModelHost model
    required property ChatController chat
    required property bool chatsOpen
    required property bool inspectorOpen

    signal chatsToggled()
    signal inspectorToggled()
    signal openModelRequested()

    implicitHeight: 52

    RowLayout {
        anchors { fill: parent; leftMargin: Theme.space3; rightMargin: Theme.space3 }
        spacing: Theme.space2

        IconButton {
            checked: root.chatsOpen
            iconName: "panel-left"
            text: root.chatsOpen ? qsTr("Fold chats (Ctrl+B)") : qsTr("Show chats (Ctrl+B)")
            onClicked: root.chatsToggled()
        }
        BodyText {
            Layout.maximumWidth: root.width * 0.4
            elide: Text.ElideRight
            font.weight: Font.DemiBold
            lineHeight: 1
            text: root.model.name === "" ? qsTr("No model") : root.model.name
            wrapMode: Text.NoWrap
        }
        SmallText {
            id: description

            // Whole parts, as many as there is room for; the tool tip has them all.
            readonly property list<string> parts: root.model.description.split(" · ")
            readonly property int fitting: {
                let n = parts.length
                while (n > 1 && metrics.advanceWidth(parts.slice(0, n).join(" · ")) > width)
                    --n
                return n
            }

            Layout.fillWidth: true
            Layout.preferredWidth: 0
            text: parts.slice(0, fitting).join(" · ")
            Accessible.role: Accessible.StaticText
            Accessible.name: root.model.description

            FontMetrics { id: metrics; font: description.font }

            HoverHandler { id: descriptionHover }
            ToolTipArea {
                text: root.model.description
                visible: descriptionHover.hovered && (description.truncated || description.fitting < description.parts.length)
                y: parent.height + 4
            }
        }
        SmallText {
            id: contextLabel

            text: qsTr("context %1 / %2").arg(Number(root.chat.contextUsed).toLocaleString(Qt.locale(), "f", 0))
                .arg(Number(root.chat.contextSize).toLocaleString(Qt.locale(), "f", 0))
            visible: root.chat.contextSize > 0 && root.width > 520

            HoverHandler { id: contextHover }
            ToolTipArea {
                text: qsTr("Tokens of this chat that the model holds, of the most it can hold")
                visible: contextHover.hovered
                y: parent.height + 4
            }
        }
        ProgressLine {
            value: root.chat.contextSize > 0 ? root.chat.contextUsed / root.chat.contextSize : 0
            visible: contextLabel.visible && root.width > 640
            barColor: value > 0.9 ? Theme.warn : Theme.accent
            Accessible.name: contextLabel.text
        }
        IconButton {
            iconName: "folder"
            text: qsTr("Open a model (Ctrl+O)")
            onClicked: root.openModelRequested()
        }
        IconButton {
            checked: root.inspectorOpen
            iconName: "panel-right"
            text: root.inspectorOpen ? qsTr("Fold inspector (Ctrl+I)") : qsTr("Show inspector (Ctrl+I)")
            onClicked: root.inspectorToggled()
        }
    }
    Hairline { anchors { bottom: parent.bottom; left: parent.left; right: parent.right } }
}
