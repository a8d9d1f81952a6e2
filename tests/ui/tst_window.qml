pragma ComponentBehavior: Bound
import QtQuick
import QtTest
import Conclave.App
import Conclave.WindowTest

// The whole program by keyboard alone, from its first start to the next one. At every stop all text must be readable.
Item {
    id: root

    height: 100
    width: 100

    Component {
        id: programComponent

        WindowFixture {}
    }

    InspectorTestCase {
        id: test

        name: "Window"
        when: windowShown

        function init() {
            test.program = programComponent.createObject(root);
        }
        function cleanup() {
            test.program.close();
            test.program.destroy();
            wait(0);
        }

        function test_byKeyboardAlone_data() {
            const rows = [];
            for (const size of [[800, 600], [1280, 800], [1920, 1080]]) {
                for (const theme of ["light", "dark"])
                    rows.push({ tag: size[0] + "x" + size[1] + " " + theme, width: size[0], height: size[1], theme: theme });
            }
            return rows;
        }
        function test_byKeyboardAlone(data) {
            test.tag = data.tag;
            verify(test.program.start(data.width, data.height, data.theme), "no window");
            tryVerify(() => test.win.model.state === ModelHost.Ready, 60000);
            test.readable("welcome");
            openFiles();
            sendAndStop();
            makeBranches();
            findRenameDelete();
            readTheThoughts(data);
            test.fold();
            test.walkTheMap();
            test.chooseAToken();
            test.readTheTable();
            openDialogs();
            restart(data);
        }

        function chooseFile(path) {
            keySequence("Ctrl+O");
            test.trySee("Filter");
            test.readable("file dialog");
            keySequence("Ctrl+L");
            test.type(path + "\r");
            tryVerify(() => !test.sees("Filter"));
            verify(test.program.activate());
        }
        function openFiles() {
            chooseFile(test.program.brokenFile());
            tryVerify(() => test.win.model.state === ModelHost.Failed, 30000);
            test.readable("not a model");
            chooseFile(test.program.modelFile());
            tryVerify(() => test.win.model.state === ModelHost.Ready && !test.win.model.builtIn, 60000);
            test.readable("model of one's own");
        }
        function sendAndStop() {
            tryVerify(() => test.focusName() === "Message");
            test.type("What is 47 + 38?");
            test.readable("draft");
            keyClick(Qt.Key_Return);
            test.answered();
            test.trySee("tok/s");
            test.readable("answer");
            test.type("Tell me a short story about a lighthouse\r");
            test.streams();
            keyClick(Qt.Key_Escape);
            test.answered();
            test.trySee("stopped");
        }
        function makeBranches() {
            keySequence("Ctrl+R");
            test.streams();
            for (let i = 0; i < 5000 && test.win.chat.busy && isNaN(test.win.chat.tokensPerSecond); ++i)
                wait(1);
            test.readable("streaming");
            test.answered();
            test.trySee("2/2");
            keySequence("Alt+Left");
            test.trySee("stopped");
            keySequence("Alt+Right");
            test.trySee("2/2");
            keyClick(Qt.Key_Up);
            test.trySee("Editing");
            keySequence("Ctrl+A");
            test.type("What is a router?");
            test.readable("edit");
            keyClick(Qt.Key_Return);
            test.answered();
            test.trySee("What is a router?");
            test.readable("branches");
            keySequence("Alt+Left");
            test.trySee("lighthouse");
        }
        function findRenameDelete() {
            keySequence("Ctrl+K");
            test.type("router");
            test.trySee("What is a router");
            test.readable("search");
            keySequence("Ctrl+A");
            test.type("nowhere");
            test.trySee("Nothing found");
            keyClick(Qt.Key_Escape);
            tryVerify(() => test.win.chats.count === 1);
            keySequence("Ctrl+K");
            keyClick(Qt.Key_Down);
            keyClick(Qt.Key_Menu);
            test.trySee("Rename");
            test.readable("menu");
            keyClick(Qt.Key_Escape);
            keyClick(Qt.Key_F2);
            test.type("Sums and stories of the sea, told by a very small model\r");
            tryCompare(test.win.chat, "currentTitle", "Sums and stories of the sea, told by a very small model");
            keyClick(Qt.Key_Delete);
            tryVerify(() => test.win.chat.undoAvailable && test.win.chats.count === 0);
            test.readable("deleted");
            keySequence("Ctrl+Z");
            tryVerify(() => test.win.chats.count === 1);
            test.trySee("lighthouse");
            test.readable("renamed");
        }
        function readTheThoughts(data) {
            test.goTo("Conversation");
            keyClick(Qt.Key_Home);
            test.tabTo("Thought for");
            keyClick(Qt.Key_Return);
            tryVerify(() => test.win.activeFocusItem.Accessible.description.startsWith("Shown"));
            test.readable("thoughts");
            test.tabTo("Answer again");
            wait(0);
            const place = test.win.activeFocusItem.mapToItem(null, 0, 0);
            verify(place.y > 52 && place.y < data.height, "Tab went out of sight");
            keyClick(Qt.Key_End);
        }
        function openDialogs() {
            keySequence("Ctrl+,");
            test.trySee("Temperature");
            test.readable("settings");
            test.tabTo("More samplers");
            keyClick(Qt.Key_Return);
            test.tabTo("Presence penalty");
            test.trySee("Presence penalty"); // where the focus is, the dialog scrolls to
            keyClick(Qt.Key_A, Qt.ControlModifier);
            test.type(Number(0.5).toLocaleString(Qt.locale(), "f", 2));
            keyClick(Qt.Key_Return);
            test.trySee("More samplers, 1 in use");
            test.readable("samplers");
            test.tabTo("Reset these");
            keyClick(Qt.Key_Return);
            tryVerify(() => !test.sees("1 in use"));
            keyClick(Qt.Key_Escape);
            keyClick(Qt.Key_F1);
            test.trySee("Keyboard shortcuts");
            test.readable("help");
            test.type("branch");
            test.trySee("A branch is another version");
            test.readable("help found");
            keyClick(Qt.Key_Escape);
            tryVerify(() => !test.sees("A branch is another version"));
        }
        function restart(data) {
            test.program.close();
            verify(test.program.start(data.width, data.height, data.theme), "no window");
            tryCompare(test.win.chat, "currentTitle", "Sums and stories of the sea, told by a very small model", 30000);
            test.trySee("lighthouse");
            tryVerify(() => test.win.model.state === ModelHost.Ready, 60000);
            test.readable("again");
            test.readTheKeptMap();
        }
    }
}
