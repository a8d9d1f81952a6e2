import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// How Conclave looks, how answers are sampled and how the model is run. Every change takes effect at once.
DialogPanel {
    id: root

    required property Settings settings
    required property ModelHost model
    required property DeviceChoices devices

    title: qsTr("Settings")
    onAboutToShow: root.devices.look()

    component Heading: BodyText {
        Layout.topMargin: Theme.space3
        font.weight: Font.DemiBold
    }

    contentItem: Flickable {
        id: flick

        // What Tab reached stays in sight.
        readonly property Item focusItem: Window.activeFocusItem

        boundsBehavior: Flickable.StopAtBounds
        clip: true
        contentHeight: column.implicitHeight
        T.ScrollBar.vertical: ScrollBarThin {}
        onFocusItemChanged: flick.reveal(flick.focusItem)

        function reveal(item: Item): void {
            let owner = item;
            while (owner && owner !== column)
                owner = owner.parent;
            if (!owner)
                return;
            const top = item.mapToItem(column, 0, 0).y - Theme.space4, bottom = top + item.height + 2 * Theme.space4;
            if (top < flick.contentY)
                flick.contentY = Math.max(0, top);
            else if (bottom > flick.contentY + flick.height)
                flick.contentY = Math.min(flick.contentHeight, bottom) - flick.height;
        }

        ColumnLayout {
            id: column

            width: flick.width - 12
            spacing: Theme.space2

            Heading { text: qsTr("Appearance") }
            SegmentedControl {
                currentIndex: Math.max(0, ["system", "light", "dark"].indexOf(root.settings.theme))
                options: [qsTr("As the system"), qsTr("Light"), qsTr("Dark")]
                Accessible.name: qsTr("Theme")
                onActivated: index => root.settings.theme = ["system", "light", "dark"][index]
            }
            SmallText { text: qsTr("Colours of the expert map") }
            SegmentedControl {
                currentIndex: Math.max(0, ["teal", "cividis", "viridis", "grey"].indexOf(root.settings.colormap))
                options: [qsTr("Teal"), qsTr("Cividis"), qsTr("Viridis"), qsTr("Grey")]
                Accessible.name: qsTr("Colours of the expert map")
                onActivated: index => root.settings.colormap = ["teal", "cividis", "viridis", "grey"][index]
            }
            NumberRow {
                Layout.fillWidth: true
                explanation: qsTr("0.8 to 1.6; 1 is the size the window was drawn for")
                from: 0.8
                label: qsTr("Text size")
                to: 1.6
                value: root.settings.fontScale
                onEdited: value => root.settings.fontScale = value
            }
            SwitchRow { Layout.fillWidth: true; checked: root.settings.reducedMotion; text: qsTr("Reduce motion"); onToggled: root.settings.reducedMotion = checked }
            SwitchRow { Layout.fillWidth: true; checked: root.settings.sendWithEnter; text: qsTr("Enter sends (Ctrl+Enter always does)"); onToggled: root.settings.sendWithEnter = checked }

            Heading { text: qsTr("Answers") }
            NumberRow {
                Layout.fillWidth: true
                explanation: qsTr("0 always takes the likeliest token; higher is more varied")
                label: qsTr("Temperature")
                to: 5
                value: root.settings.temperature
                onEdited: value => root.settings.temperature = value
            }
            NumberRow {
                Layout.fillWidth: true
                explanation: qsTr("Keep the likeliest tokens that together reach this probability; 1 is off")
                from: 0.01
                label: qsTr("Top-p")
                value: root.settings.topP
                onEdited: value => root.settings.topP = value
            }
            NumberRow {
                Layout.fillWidth: true
                decimals: 0
                explanation: qsTr("Keep this many of the likeliest tokens; 0 is off")
                label: qsTr("Top-k")
                to: 100000
                value: root.settings.topK
                onEdited: value => root.settings.topK = value
            }
            NumberRow {
                Layout.fillWidth: true
                explanation: qsTr("Drop tokens below this share of the likeliest one; 0 is off")
                label: qsTr("Min-p")
                value: root.settings.minP
                onEdited: value => root.settings.minP = value
            }
            MoreSamplers { Layout.fillWidth: true; settings: root.settings }
            SmallText { text: qsTr("When a chat outgrows the context") }
            SegmentedControl {
                currentIndex: Math.max(0, ["ask", "leave_out", "refuse"].indexOf(root.settings.contextPolicy))
                options: [qsTr("Ask"), qsTr("Leave out its oldest messages"), qsTr("Do not answer")]
                Accessible.name: qsTr("When a chat outgrows the context")
                onActivated: index => root.settings.contextPolicy = ["ask", "leave_out", "refuse"][index]
            }
            BodyText { text: qsTr("Seed") }
            TextInputField {
                Layout.fillWidth: true
                inputMethodHints: Qt.ImhDigitsOnly
                placeholderText: qsTr("Empty: a fresh seed for each answer")
                text: root.settings.seed
                onEditingFinished: root.settings.seed = text
            }
            BodyText { text: qsTr("System prompt") }
            T.TextArea {
                id: systemPrompt

                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(72, implicitHeight)
                padding: Theme.space2
                color: Theme.text
                font.family: Theme.fontFamily
                font.pixelSize: Theme.fontCode
                text: root.settings.systemPrompt
                wrapMode: TextEdit.Wrap
                Accessible.name: qsTr("System prompt")
                onEditingFinished: root.settings.systemPrompt = text
                background: Rectangle { border.color: systemPrompt.activeFocus ? Theme.accent : Theme.line; color: Theme.raised; radius: Theme.radiusControl }
                // Tab goes on, as it does from every other row.
                Keys.priority: Keys.BeforeItem
                Keys.onTabPressed: systemPrompt.nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
                Keys.onBacktabPressed: systemPrompt.nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
            }

            Heading { text: qsTr("Model") }
            ModelRows { Layout.fillWidth: true; devices: root.devices; model: root.model; settings: root.settings }
        }
    }
}
