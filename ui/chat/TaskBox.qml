import QtQuick
import Conclave.Controls

// The box of a task in a list; shows, does not change.
Rectangle {
    id: root

    required property bool done

    border.color: root.done ? Theme.accent : Theme.dim
    color: root.done ? Theme.accent : "transparent"
    height: 14
    radius: 3
    width: 14
    Accessible.role: Accessible.CheckBox
    Accessible.name: root.done ? qsTr("done") : qsTr("open", "of a task in a list")
    Accessible.checked: root.done
    Accessible.readOnly: true

    Icon {
        anchors.centerIn: parent
        color: Theme.accentText
        name: "check"
        scale: 0.8
        visible: root.done
    }
}
