import QtQuick
import QtQuick.Templates as T
import Conclave.Controls

// Keeps what Tab reached in a list in sight, and goes on where Tab reached a row that the list only keeps for later use.
// A click moves nothing.
Item {
    id: root

    required property ListView list

    signal scrolled()

    function rowIsShown(item: Item): bool {
        let row = item;
        while (row && row.parent !== root.list.contentItem)
            row = row.parent;
        for (let i = 0; row && i < root.list.count; ++i) {
            if (root.list.itemAtIndex(i) === row)
                return true;
        }
        return false;
    }
    function reveal(): void {
        const button = root.Window.activeFocusItem as T.AbstractButton;
        if (!button?.visualFocus || !root.list.activeFocus)
            return;
        if (!root.rowIsShown(button)) {
            button.nextItemInFocusChain(button.focusReason !== Qt.BacktabFocusReason).forceActiveFocus(button.focusReason);
            return;
        }
        const top = button.mapToItem(root.list, 0, 0).y, below = top + button.height - root.list.height;
        if (top < 0)
            root.list.contentY = Math.max(root.list.originY, root.list.contentY + top - Theme.space4);
        else if (below > 0)
            root.list.contentY += below + Theme.space4;
        root.scrolled();
    }

    Connections {
        target: root.Window.window

        function onActiveFocusItemChanged(): void { Qt.callLater(root.reveal); }
    }
}
