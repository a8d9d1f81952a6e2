import QtQuick
import QtQuick.Templates as T

// A modal panel in the middle of the window; Esc closes it.
T.Dialog {
    id: root

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(560, (parent?.width ?? 600) - 48)
    height: Math.min(640, (parent?.height ?? 600) - 48)
    focus: true
    modal: true
    padding: Theme.space4
    topPadding: 0
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    header: Item {
        implicitHeight: 52

        BodyText {
            anchors { left: parent.left; leftMargin: Theme.space4; verticalCenter: parent.verticalCenter }
            font.pixelSize: Theme.fontLarge
            font.weight: Font.DemiBold
            lineHeight: 1
            text: root.title
        }
        IconButton {
            anchors { right: parent.right; rightMargin: Theme.space3; verticalCenter: parent.verticalCenter }
            iconName: "close"
            text: qsTr("Close")
            onClicked: root.close()
        }
    }
    background: Rectangle {
        border.color: Theme.line
        color: Theme.window
        radius: Theme.radiusPanel
        Accessible.role: Accessible.Dialog
        Accessible.name: root.title
    }
    T.Overlay.modal: Rectangle { color: Theme.dark ? "#99000000" : "#66000000" }
}
