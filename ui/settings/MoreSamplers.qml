pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// The samplers that few people turn, folded; the fold says how many of them are not at their default.
ColumnLayout {
    id: root

    required property Settings settings
    property bool open: false

    spacing: Theme.space2

    T.AbstractButton {
        id: fold

        focusPolicy: Qt.StrongFocus
        implicitHeight: 24
        implicitWidth: label.implicitWidth + 32
        Accessible.role: Accessible.Button
        Accessible.name: label.text
        Accessible.description: root.open ? qsTr("Shown; press to fold") : qsTr("Folded; press to show")
        onClicked: root.open = !root.open
        Keys.onReturnPressed: fold.click()
        Keys.onEnterPressed: fold.click()

        contentItem: Item {
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                color: label.color
                name: root.open ? "chevron-down" : "chevron-right"
                scale: 0.75
                x: 1
            }
            SmallText {
                id: label

                anchors.verticalCenter: parent.verticalCenter
                color: fold.hovered || fold.visualFocus ? Theme.text : Theme.dim
                text: samplers.nChanged === 0 ? qsTr("More samplers") : qsTr("More samplers, %n in use", "", samplers.nChanged)
                x: 22
            }
        }
        background: Rectangle {
            color: "transparent"
            radius: Theme.radiusControl

            FocusRing { gap: 0; shown: fold.visualFocus }
        }
    }
    Repeater {
        model: root.open ? samplers : null

        NumberRow {
            required property int index
            required from
            required to
            required decimals
            required toolTip

            Layout.fillWidth: true
            onEdited: value => samplers.setValue(index, value)
        }
    }
    ActionButton {
        enabled: samplers.nChanged > 0
        text: qsTr("Reset these")
        toolTip: qsTr("Puts every sampler of this list back to where it does nothing")
        visible: root.open
        onClicked: samplers.reset()
    }

    SamplerModel { id: samplers; settings: root.settings }
}
