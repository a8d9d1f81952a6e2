import QtQuick

// Secondary information: one line, quieter than the prose beside it.
Text {
    color: Theme.dim
    font.family: Theme.fontFamily
    font.pixelSize: Theme.fontSmall
    font.features: ({ "tnum": 1 })
    elide: Text.ElideRight
    textFormat: Text.PlainText
}
