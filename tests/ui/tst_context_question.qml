pragma ComponentBehavior: Bound
import QtQuick
import QtTest
import Conclave.App
import Conclave.WindowTest

// A chat outgrows the context: nothing is left out that the reader was not asked about.
Item {
    id: root

    height: 100
    width: 100

    Component {
        id: programComponent

        WindowFixture {}
    }

    KeyboardTestCase {
        id: test

        name: "ContextQuestion"
        when: windowShown

        function init() {
            test.program = programComponent.createObject(root);
        }
        function cleanup() {
            test.program.close();
            test.program.destroy();
            wait(0);
        }
        function lengthy(question) {
            return "The words go on. ".repeat(260) + question; // more than half of the context, less than three quarters
        }

        function test_leavesOutWhatTheReaderAgreesTo_data() {
            return [{ tag: "800x600 dark", width: 800, height: 600, theme: "dark" }, { tag: "1280x800 light", width: 1280, height: 800, theme: "light" }];
        }
        function test_leavesOutWhatTheReaderAgreesTo(data) {
            test.tag = data.tag;
            verify(test.program.start(data.width, data.height, data.theme), "no window");
            tryVerify(() => test.win.model.state === ModelHost.Ready, 60000);
            test.win.chat.send(lengthy("What is a router?"));
            test.answered();
            test.win.chat.send(lengthy("What is an expert?"));
            test.trySee("Answer without its oldest messages (2)?");
            test.trySee("waiting for you");
            test.readable("outgrown");
            test.tabTo("Do not answer");
            keyClick(Qt.Key_Return);
            tryVerify(() => !test.sees("Answer without"));
            test.trySee("no room for an answer");
            verify(!test.win.chat.busy);

            keySequence("Ctrl+R");
            test.trySee("Answer without its oldest messages (2)?");
            test.tabTo("Leave them out");
            keyClick(Qt.Key_Return);
            test.answered();
            test.trySee("were left out for this answer");
            test.readable("left out");
            compare(test.win.settings.contextPolicy, "ask");

            keySequence("Ctrl+R");
            test.trySee("Answer without its oldest messages (2)?");
            test.tabTo("Always leave them out");
            keyClick(Qt.Key_Return);
            test.answered();
            compare(test.win.settings.contextPolicy, "leave_out");
            keySequence("Ctrl+R"); // not asked any more
            test.streams();
            test.answered();
        }
    }
}
