import QtQuick
import QtQuick.Layouts
import Conclave.Controls

// A number with its name, what it means, and the range it may have.
RowLayout {
    id: root

    required property string label
    property string explanation: "" // shown below the name
    property string toolTip: "" // shown on hover or keyboard focus, where a line for it would be too much
    required property real value
    property real from: 0
    property real to: 1
    property int decimals: 2

    readonly property string shown: Number(root.value).toLocaleString(Qt.locale(), "f", root.decimals)

    signal edited(value: real)

    spacing: Theme.space3

    ColumnLayout {
        Layout.fillWidth: true
        spacing: 0

        BodyText { Layout.fillWidth: true; lineHeight: 1.2; text: root.label }
        SmallText { Layout.fillWidth: true; text: root.explanation; visible: text !== ""; wrapMode: Text.Wrap }
    }
    TextInputField {
        id: field

        Layout.preferredWidth: 92
        font.family: Theme.monoFamily
        horizontalAlignment: TextInput.AlignRight
        text: root.shown
        validator: DoubleValidator { bottom: root.from; decimals: root.decimals; top: root.to }
        Accessible.name: root.label
        Accessible.description: root.explanation === "" ? root.toolTip : root.explanation
        onEditingFinished: {
            root.edited(Number.fromLocaleString(Qt.locale(), text));
            text = Qt.binding(() => root.shown); // typing took its place
        }
    }

    HoverHandler { id: hover }
    ToolTipArea { text: root.toolTip; visible: text !== "" && (hover.hovered || field.activeFocus) }
}
