import QtQuick

// One set of colours. Every pair of text and ground in it keeps a contrast of 4.5:1 (tests/ui/tst_theme.qml).
QtObject {
    required property color window
    required property color side
    required property color panel
    required property color raised
    required property color code
    required property color line
    required property color text
    required property color dim
    required property color faint
    required property color accent
    required property color accentText
    required property color accentSoft
    required property color user
    required property color hover
    required property color selection
    required property color warn
    required property color danger
    required property color ring
}
