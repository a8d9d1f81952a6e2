import QtQuick
import Conclave.App
import Conclave.Controls

// A thematic break.
Item {
    id: root

    required property ConversationContext context
    required property int gap

    height: root.gap + 13
    Accessible.role: Accessible.Separator

    Hairline {
        width: root.context.column
        x: Math.round((root.width - width) / 2)
        y: root.gap + 6
    }
}
