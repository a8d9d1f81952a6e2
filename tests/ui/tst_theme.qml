import QtQuick
import QtTest
import Conclave.Controls

TestCase {
    id: root
    name: "Theme"

    // WCAG 2.1 relative luminance and contrast.
    function luminance(colour: color): real {
        const part = v => v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
        return 0.2126 * part(colour.r) + 0.7152 * part(colour.g) + 0.0722 * part(colour.b);
    }
    function contrast(a: color, b: color): real {
        const x = luminance(a), y = luminance(b);
        return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    }

    function test_contrast_data() {
        const rows = [];
        for (const palette of ["lightPalette", "darkPalette"]) {
            for (const ground of ["window", "side", "panel", "raised", "code", "user"])
                for (const text of ["text", "dim"])
                    rows.push({ tag: palette + " " + text + " on " + ground, palette: palette, text: text, ground: ground });
            rows.push({ tag: palette + " accent on soft", palette: palette, text: "accent", ground: "accentSoft" });
            rows.push({ tag: palette + " accent on panel", palette: palette, text: "accent", ground: "panel" });
            rows.push({ tag: palette + " on accent", palette: palette, text: "accentText", ground: "accent" });
            rows.push({ tag: palette + " warn", palette: palette, text: "warn", ground: "raised" });
            rows.push({ tag: palette + " danger", palette: palette, text: "danger", ground: "raised" });
            rows.push({ tag: palette + " selected", palette: palette, text: "text", ground: "selection" });
            rows.push({ tag: palette + " hovered", palette: palette, text: "text", ground: "hover" });
            rows.push({ tag: palette + " disabled", palette: palette, text: "dim", ground: "hover" });
        }
        return rows;
    }
    function test_contrast(row) {
        const palette = Theme[row.palette];
        const ratio = contrast(palette[row.text], palette[row.ground]);
        verify(ratio >= 4.5, row.tag + ": " + ratio.toFixed(2));
    }

    function test_schemes() {
        Theme.scheme = "dark";
        verify(Qt.colorEqual(Theme.window, Theme.darkPalette.window));
        Theme.scheme = "light";
        verify(Qt.colorEqual(Theme.window, Theme.lightPalette.window));
    }
    function test_reducedMotion() {
        Theme.reducedMotion = true;
        compare(Theme.normal, 0);
        Theme.reducedMotion = false;
        verify(Theme.normal > 0);
    }
}
