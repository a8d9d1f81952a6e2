import QtQuick
import Conclave.App

// A paragraph, a heading, or a part of a long one.
ConversationProse {
    id: root

    Accessible.role: root.look === ConversationText.Heading ? Accessible.Heading : Accessible.Paragraph
    Accessible.name: root.spoken
}
