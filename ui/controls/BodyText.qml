import QtQuick

// Prose and labels at reading size.
Text {
    color: Theme.text
    font.family: Theme.fontFamily
    font.pixelSize: Theme.fontBody
    lineHeight: 1.45
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
}
