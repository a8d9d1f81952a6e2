import QtQuick
import QtQuick.Templates as T

T.ScrollBar {
    id: root

    implicitWidth: 10
    implicitHeight: 10
    padding: 2
    minimumSize: 0.05
    visible: size < 1

    contentItem: Rectangle {
        implicitHeight: 6
        implicitWidth: 6
        color: Theme.faint
        opacity: root.pressed ? 0.9 : (root.hovered ? 0.7 : 0.4)
        radius: 3
    }
}
