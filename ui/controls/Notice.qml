import QtQuick
import QtQuick.Layouts

// One sentence that needs to be seen, with at most one thing to do about it.
Rectangle {
    id: root

    required property string message
    property string actionText: ""
    property bool warning: false

    signal action()
    signal dismissed()

    implicitWidth: Math.min(560, row.implicitWidth + 2 * Theme.space3)
    implicitHeight: row.implicitHeight + 2 * Theme.space2
    border.color: root.warning ? Theme.warn : Theme.line
    color: Theme.raised
    radius: Theme.radiusPanel
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.message

    RowLayout {
        id: row

        anchors { fill: parent; leftMargin: Theme.space3; rightMargin: Theme.space2; topMargin: Theme.space2; bottomMargin: Theme.space2 }
        spacing: Theme.space2

        Icon { color: Theme.warn; name: "warning"; visible: root.warning }
        BodyText {
            Layout.fillWidth: true
            Layout.preferredWidth: implicitWidth
            font.pixelSize: Theme.fontCode
            lineHeight: 1.3
            text: root.message
        }
        ActionButton { text: root.actionText; visible: root.actionText !== ""; onClicked: root.action() }
        IconButton { iconName: "close"; text: qsTr("Dismiss"); onClicked: root.dismissed() }
    }
}
