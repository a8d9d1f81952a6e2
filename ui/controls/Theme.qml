pragma Singleton
import QtQuick

// Colours, type, space and motion of the whole window: the one singleton.
QtObject {
    id: root

    // Set by Main from the settings.
    property string scheme: "system" // "system", "light" or "dark"
    property bool reducedMotion: false
    property real fontScale: 1

    readonly property bool dark: scheme === "dark"
        || (scheme === "system" && Application.styleHints.colorScheme === Qt.ColorScheme.Dark)
    readonly property ThemePalette colors: dark ? darkPalette : lightPalette
    readonly property ThemePalette lightPalette: ThemePalette {
        window: "#fcfcfb"; side: "#f4f4f1"; panel: "#f8f8f6"; raised: "#ffffff"; code: "#f3f3ef"; line: "#e3e2dd"
        text: "#1d2125"; dim: "#5d656e"; faint: "#9aa0a6"
        accent: "#0f766e"; accentText: "#ffffff"; accentSoft: "#dcefec"; user: "#e9f3f1"; hover: "#ebebe6"; selection: "#b8dfd8"
        warn: "#8a5c00"; danger: "#b3261e"; ring: "#b45309"
    }
    readonly property ThemePalette darkPalette: ThemePalette {
        window: "#16181b"; side: "#111315"; panel: "#1b1e22"; raised: "#22262b"; code: "#121417"; line: "#2b3036"
        text: "#e6e8ea"; dim: "#99a1aa"; faint: "#666e77"
        accent: "#4cc2b0"; accentText: "#0b1413"; accentSoft: "#173330"; user: "#20302f"; hover: "#262b30"; selection: "#2f5f58"
        warn: "#d9a441"; danger: "#ff8a80"; ring: "#ffffff"
    }

    readonly property color window: colors.window
    readonly property color side: colors.side
    readonly property color panel: colors.panel
    readonly property color raised: colors.raised
    readonly property color code: colors.code
    readonly property color line: colors.line
    readonly property color text: colors.text
    readonly property color dim: colors.dim
    readonly property color faint: colors.faint
    readonly property color accent: colors.accent
    readonly property color accentText: colors.accentText
    readonly property color accentSoft: colors.accentSoft
    readonly property color user: colors.user
    readonly property color hover: colors.hover
    readonly property color selection: colors.selection
    readonly property color warn: colors.warn
    readonly property color danger: colors.danger
    readonly property color ring: colors.ring

    readonly property string fontFamily: "Inter"
    readonly property string monoFamily: "JetBrains Mono"
    readonly property int fontTiny: Math.round(11 * fontScale)
    readonly property int fontSmall: Math.round(12 * fontScale)
    readonly property int fontCode: Math.round(13 * fontScale)
    readonly property int fontBody: Math.round(14 * fontScale)
    readonly property int fontLarge: Math.round(15 * fontScale)
    readonly property int fontTitle: Math.round(20 * fontScale)

    readonly property int space1: 4
    readonly property int space2: 8
    readonly property int space3: 12
    readonly property int space4: 16
    readonly property int space6: 24

    readonly property int radiusControl: 6
    readonly property int radiusPanel: 8
    readonly property int radiusLarge: 12

    readonly property int fast: reducedMotion ? 0 : 120
    readonly property int normal: reducedMotion ? 0 : 160
}
