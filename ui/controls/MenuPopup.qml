import QtQuick
import QtQuick.Templates as T

T.Menu {
    id: root

    implicitWidth: 220
    implicitHeight: contentHeight + 2 * padding
    padding: 4
    margins: 4
    delegate: MenuEntry {}

    contentItem: ListView {
        implicitHeight: contentHeight
        currentIndex: root.currentIndex
        interactive: false
        model: root.contentModel
    }
    background: Rectangle {
        border.color: Theme.line
        color: Theme.raised
        radius: Theme.radiusPanel
    }
}
