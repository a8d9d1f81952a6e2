import QtQuick
import QtQuick.Templates as T
import Conclave.App
import Conclave.Controls

// Shows where a link of an answer goes before it is opened.
T.Popup {
    id: root

    property string target: ""

    signal copyRequested(text: string)

    function show(link: string): void {
        root.target = link;
        root.open();
        openButton.forceActiveFocus(Qt.PopupFocusReason);
    }

    anchors.centerIn: parent
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    focus: true
    implicitHeight: column.implicitHeight + 2 * padding
    implicitWidth: Math.min(420, (parent?.width ?? 420) - 32)
    modal: true
    padding: Theme.space4

    contentItem: Column {
        id: column

        spacing: Theme.space3

        SmallText { text: qsTr("This link of the answer goes to"); width: parent.width }
        MonoText {
            text: root.target
            width: parent.width
            wrapMode: Text.WrapAnywhere
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        Row {
            anchors.right: parent.right
            spacing: Theme.space2

            ActionButton { text: qsTr("Close"); onClicked: root.close() }
            ActionButton {
                text: qsTr("Copy")
                onClicked: {
                    root.copyRequested(root.target);
                    root.close();
                }
            }
            ActionButton {
                id: openButton

                primary: true
                text: qsTr("Open")
                onClicked: {
                    Qt.openUrlExternally(root.target);
                    root.close();
                }
            }
        }
    }
    background: Rectangle {
        border.color: Theme.line
        color: Theme.raised
        radius: Theme.radiusPanel
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Open link")
    }
    T.Overlay.modal: Rectangle { color: Theme.dark ? "#99000000" : "#33000000" }
}
