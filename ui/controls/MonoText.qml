import QtQuick

// Code, and numbers that are compared with each other.
Text {
    color: Theme.text
    font.family: Theme.monoFamily
    font.pixelSize: Theme.fontCode
    textFormat: Text.PlainText
}
