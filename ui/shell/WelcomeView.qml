pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// An empty chat: what this is for and a few things to ask.
Item {
    id: root

    required property ModelHost model

    signal asked(text: string)

    Column {
        anchors.centerIn: parent
        spacing: Theme.space4
        width: Math.min(parent.width - 48, 520)

        BodyText {
            font.pixelSize: Theme.fontTitle
            font.weight: Font.DemiBold
            horizontalAlignment: Text.AlignHCenter
            lineHeight: 1.2
            text: root.model.name === "" ? qsTr("Open a model to begin") : qsTr("Ask, and watch the experts")
            width: parent.width
        }
        BodyText {
            color: Theme.dim
            horizontalAlignment: Text.AlignHCenter
            text: root.model.name === ""
                ? qsTr("Drop a GGUF file or a model's folder here or press Ctrl+O. Everything stays on this machine.")
                : qsTr("%1 runs on this machine. The inspector (Ctrl+I) shows which experts each token went to, as it happens.").arg(root.model.name)
            width: parent.width
        }
        Flow {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: Theme.space2
            visible: root.model.builtIn
            width: Math.min(parent.width, implicitWidth)

            Repeater {
                model: [qsTr("What is a router?"), qsTr("What is 47 + 38?"), qsTr("Tell me a short story about a lighthouse"), qsTr("How do I open my own model?")]

                T.AbstractButton {
                    id: suggestion

                    required property string modelData

                    implicitHeight: 34
                    implicitWidth: suggestionText.implicitWidth + 2 * Theme.space3
                    focusPolicy: Qt.StrongFocus
                    Accessible.name: suggestion.modelData
                    onClicked: root.asked(suggestion.modelData)
                    Keys.onReturnPressed: suggestion.click()

                    contentItem: SmallText {
                        id: suggestionText

                        color: Theme.text
                        font.pixelSize: Theme.fontCode
                        horizontalAlignment: Text.AlignHCenter
                        text: suggestion.modelData
                        verticalAlignment: Text.AlignVCenter
                    }
                    background: Rectangle {
                        border.color: Theme.line
                        color: suggestion.hovered ? Theme.hover : Theme.raised
                        radius: 17

                        FocusRing { shown: suggestion.visualFocus; radius: 19 }
                    }
                }
            }
        }
    }
}
