import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// While a model loads: what, how much, and a way out. When it failed: what, where, what to try.
Rectangle {
    id: root

    required property ModelHost model
    required property bool onProcessor // it was to be run there

    signal openModelRequested()
    signal processorRequested()

    readonly property bool loading: root.model.state === ModelHost.Loading
    readonly property bool failed: root.model.state === ModelHost.Failed

    implicitHeight: column.implicitHeight + 2 * Theme.space3
    border.color: root.failed ? Theme.warn : Theme.line
    color: Theme.raised
    radius: Theme.radiusPanel
    visible: root.loading || root.failed
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.failed ? root.model.errorText : root.model.progressText

    ColumnLayout {
        id: column

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Theme.space3 }
        spacing: Theme.space2

        BodyText {
            Layout.fillWidth: true
            font.pixelSize: Theme.fontCode
            lineHeight: 1.35
            text: root.failed ? root.model.errorText : root.model.progressText
        }
        RowLayout {
            spacing: Theme.space2

            ProgressLine {
                Layout.fillWidth: true
                value: root.model.progress
                visible: root.loading
                Accessible.name: root.model.progressText
            }
            Item { Layout.fillWidth: true; visible: root.failed }
            ActionButton { text: qsTr("Cancel"); visible: root.loading; onClicked: root.model.cancel() }
            ActionButton { text: qsTr("Dismiss"); visible: root.failed && root.model.name !== ""; onClicked: root.model.cancel() }
            ActionButton { text: qsTr("Use the processor"); visible: root.failed && !root.onProcessor; onClicked: root.processorRequested() }
            ActionButton { text: qsTr("Open another"); visible: root.failed; onClicked: root.openModelRequested() }
        }
    }
}
