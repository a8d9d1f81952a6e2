import QtQuick
import QtTest
import Conclave.App
import Conclave.Controls
import Conclave.Inspector
import Conclave.InspectorTest

Item {
    id: root

    height: 900
    width: 700

    Component {
        id: fixtureComponent

        InspectorFixture {}
    }
    Component {
        id: paneComponent

        InspectorPane {
            height: 900
            width: 436
        }
    }

    TestCase {
        id: test

        property InspectorFixture fixture
        property InspectorPane pane

        name: "Inspector"
        when: windowShown

        function init() {
            test.fixture = fixtureComponent.createObject(root);
            test.fixture.openGuide();
            test.pane = paneComponent.createObject(root, { inspector: test.fixture.inspector, devices: test.fixture.devices, settings: test.fixture.settings });
        }
        function cleanup() {
            test.pane.destroy();
            test.fixture.destroy();
            wait(0);
            Theme.scheme = "light";
        }

        // Every visible item below `item` that `accepts`, depth first.
        function all(item, accepts) {
            let found = [];
            for (const child of item.children) {
                if (!child.visible || child.opacity === 0)
                    continue;
                if (accepts(child))
                    found.push(child);
                found = found.concat(all(child, accepts));
            }
            return found;
        }
        function byName(name) {
            const found = all(test.pane, item => item.Accessible.name === name);
            verify(found.length > 0, "nothing is called " + name);
            return found[0];
        }
        function map() {
            return all(test.pane, item => item instanceof ExpertMap)[0];
        }
        function texts() {
            return all(test.pane, item => item instanceof Text && item.text !== "");
        }
        function hasText(text) {
            return texts().some(item => item.text === text);
        }
        function luminance(c) {
            const linear = v => v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
            return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
        }

        function test_states() {
            verify(hasText("Routing appears here while the model answers."));
            verify(map().visible); // what will fill up is shown from the start
            test.fixture.openDense();
            verify(hasText("This model has no experts: every token runs through all of it."));
            compare(map(), undefined);
            test.fixture.openGuide();
            test.fixture.answerWithoutTrace();
            verify(hasText("No routing was recorded with this answer."));
        }

        function test_answer() {
            test.fixture.answer(100);
            tryVerify(() => hasText("Balance"));
            tryVerify(() => hasText("Σ counts 3,144 = 131 tokens × 4 × 6 layers ✓"));
            compare(all(test.pane, item => item instanceof Text && /^e\d+$/.test(item.text)).length, 4);
            verify(hasText("131 tokens, 31 of them prompt"));
            tryVerify(() => texts().some(item => item.text.startsWith("chance 1.")));
        }

        function test_modesByKeyboard() {
            test.fixture.answer(40);
            const modes = byName("What the map shows");
            modes.forceActiveFocus(Qt.TabFocusReason);
            compare(test.fixture.inspector.mode, MapMode.Fading);
            keyClick(Qt.Key_Right);
            compare(test.fixture.inspector.mode, MapMode.Total);
            tryVerify(() => map().highText.endsWith("tokens"));
            keyClick(Qt.Key_Right);
            compare(test.fixture.inspector.mode, MapMode.Lift);
            tryCompare(map(), "highText", "8× fair share");
            tryCompare(map(), "lowText", "⅛×");
        }

        function test_mapCursorSpeaks() {
            test.fixture.answer(40);
            const cells = map();
            tryVerify(() => cells.implicitHeight > 0);
            cells.forceActiveFocus(Qt.TabFocusReason);
            tryVerify(() => cells.hasCursor);
            keyClick(Qt.Key_Right);
            keyClick(Qt.Key_Down);
            verify(cells.Accessible.name.startsWith("Layer 2, expert 1, group 0: "));
            verify(hasText(cells.cursorText));
            keyClick(Qt.Key_Return);
            tryVerify(() => hasText("layer 2"));
        }

        function test_tokenAndLayerByKeyboard() {
            test.fixture.answer(40);
            tryVerify(() => hasText("“␣word39”"));
            byName("Previous token").forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            verify(hasText("“␣word38”"));
            byName("Newest").forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Space);
            verify(hasText("“␣word39”"));
            byName("Next layer").forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            verify(hasText("layer 2"));
        }

        function test_table() {
            test.fixture.answer(40);
            byName("Show as a table").forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            verify(test.fixture.inspector.tableShown);
            tryVerify(() => all(test.pane, item => item instanceof TableView).length === 1);
            byName("Uses").forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            verify(test.fixture.inspector.table.descending);
            tryVerify(() => all(test.pane, item => /^Uses: \d+$/.test(item.Accessible.name)).length > 5);
            test.pane.toggleTable();
            verify(!test.fixture.inspector.tableShown);
        }

        function test_everyControlHasANameAndTakesFocus() {
            test.fixture.answer(40);
            tryVerify(() => hasText("Balance"));
            const controls = all(test.pane, item => item.activeFocusOnTab || item.focusPolicy === Qt.StrongFocus);
            verify(controls.length >= 7);
            for (const control of controls)
                verify(control.Accessible.name !== "", control.toString());
        }

        function test_readable_data() {
            const rows = [];
            for (const scheme of ["light", "dark"]) {
                for (const width of [320, 436, 700]) {
                    for (const view of ["map", "table", "token"])
                        rows.push({ tag: scheme + " " + width + " " + view, scheme: scheme, width: width, view: view });
                }
            }
            return rows;
        }
        function test_readable(data) {
            Theme.scheme = data.scheme;
            test.pane.width = data.width;
            if (data.view === "token")
                test.fixture.openDeepSeek();
            test.fixture.answer(40);
            tryVerify(() => hasText("Balance"));
            tryVerify(() => texts().some(item => item.text.startsWith("chance ") && !item.text.includes("working")), 20000);
            tryVerify(() => hasText("none found"));
            test.fixture.inspector.tableShown = data.view === "table";
            if (data.view === "token")
                test.fixture.inspector.stepToken(-1);
            wait(50);
            for (const item of texts()) {
                verify(!item.truncated, "cut off: " + item.text);
                const left = item.mapToItem(test.pane, 0, 0).x, right = item.mapToItem(test.pane, item.paintedWidth, 0).x;
                verify(left >= 0 && right <= data.width, "outside: " + item.text + " " + left + " " + right);
                const a = luminance(item.color), b = luminance(Theme.panel);
                verify((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 4.5, "too faint: " + item.text);
            }
        }
    }
}
