pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// What Conclave does and what its words mean, searchable; the built-in model was taught from the same file.
DialogPanel {
    id: root

    required property HelpModel help

    title: qsTr("Help")
    onOpened: search.forceActiveFocus()

    contentItem: ColumnLayout {
        spacing: Theme.space3

        TextInputField {
            id: search

            Layout.fillWidth: true
            iconName: "search"
            placeholderText: qsTr("Search help")
            onTextChanged: root.help.query = text
            Keys.onDownPressed: list.forceActiveFocus()
        }
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            boundsBehavior: Flickable.StopAtBounds
            clip: true
            model: root.help
            spacing: Theme.space3
            section.property: "section"
            section.delegate: SmallText {
                required property string section

                bottomPadding: Theme.space2
                font.capitalization: Font.AllUppercase
                font.letterSpacing: 0.6
                font.pixelSize: Theme.fontTiny
                text: section
                topPadding: Theme.space3
            }
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Help topics")
            T.ScrollBar.vertical: ScrollBarThin {}

            delegate: Column {
                id: topic

                required property string title
                required property string body

                width: (ListView.view?.width ?? 0) - 12
                spacing: 2
                Accessible.role: Accessible.StaticText
                Accessible.name: topic.title + ". " + topic.body

                BodyText { width: parent.width; font.weight: Font.DemiBold; text: topic.title }
                Repeater {
                    model: topic.body.indexOf("\t") < 0 ? [] : topic.body.split("\n")

                    Item {
                        id: shortcut

                        required property string modelData
                        readonly property list<string> parts: shortcut.modelData.split("\t")

                        width: topic.width
                        height: 26

                        MonoText { anchors.verticalCenter: parent.verticalCenter; font.pixelSize: Theme.fontSmall; text: shortcut.parts[0] }
                        BodyText { anchors.verticalCenter: parent.verticalCenter; elide: Text.ElideRight; lineHeight: 1; text: shortcut.parts[1] ?? ""; width: parent.width - 180; wrapMode: Text.NoWrap; x: 180 }
                    }
                }
                BodyText {
                    width: parent.width
                    text: topic.body
                    visible: topic.body.indexOf("\t") < 0
                }
            }
            SmallText {
                text: qsTr("Nothing found")
                visible: list.count === 0
            }
        }
    }
}
