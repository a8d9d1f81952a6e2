import QtQuick
import QtTest
import Conclave.WindowTest

// A person at the keyboard, before the whole program: presses keys, reads, waits.
TestCase {
    id: test

    property WindowFixture program
    readonly property var win: test.program?.window ?? null // Main.qml's root, with its properties
    property string tag: "" // begins the names of pictures

    function type(text) {
        for (const letter of text)
            keyClick(letter);
    }
    function sees(text) {
        return test.program.texts().some(shown => shown.includes(text));
    }
    function trySee(text) {
        for (let i = 0; i < 600 && !sees(text); ++i)
            wait(50);
        verify(sees(text), "nothing says " + text + " in\n" + test.program.texts().join("\n"));
    }
    function focusName() {
        return test.win.activeFocusItem?.Accessible.name ?? "";
    }
    function tabTo(name) {
        const passed = [];
        for (let i = 0; i < 60 && !focusName().startsWith(name); ++i) {
            passed.push(focusName());
            keyClick(Qt.Key_Tab);
            wait(0);
        }
        verify(focusName().startsWith(name), "Tab does not reach " + name + " but " + passed.join(", "));
    }
    // A pane gives the keyboard to what had it there last.
    function goTo(...names) {
        const passed = [];
        const there = () => names.some(name => focusName().startsWith(name));
        for (let i = 0; i < 5 && !there(); ++i) {
            passed.push(focusName());
            keyClick(Qt.Key_F6);
        }
        verify(there(), "F6 passes " + passed.join(", "));
    }
    // The built-in model is quick: an answer may last no longer than a fifth of a second.
    function streams() {
        for (let i = 0; i < 30000 && !test.win.conversation.streaming; ++i)
            wait(1);
        verify(test.win.conversation.streaming, "no answer begins");
    }
    function answered() {
        tryVerify(() => !test.win.chat.busy, 60000, "the answer does not end");
    }
    // Panels and menus may be on their way: what is still wrong after a while is.
    function readable(state) {
        let found = [];
        for (let i = 0; i < 10; ++i) {
            found = test.program.unreadable(test.tag + " " + state);
            if (found.length === 0)
                break;
            wait(150);
        }
        compare(found.join("\n"), "", state);
    }
}
