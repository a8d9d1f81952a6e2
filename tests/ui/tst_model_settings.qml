pragma ComponentBehavior: Bound
import QtQuick
import QtTest
import Conclave.App
import Conclave.WindowTest

// How the model is run is chosen in the settings, and seen at once.
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

        name: "ModelSettings"
        when: windowShown

        function init() {
            test.program = programComponent.createObject(root);
        }
        function cleanup() {
            test.program.close();
            test.program.destroy();
            wait(0);
        }
        function ready() {
            tryVerify(() => test.win.model.state === ModelHost.Ready, 60000, test.win.model.errorText);
        }
        function fill(name, text) {
            test.tabTo(name);
            keySequence("Ctrl+A");
            test.type(text);
            keyClick(Qt.Key_Return);
        }

        function test_choosesHowTheModelIsRun_data() {
            return [{ tag: "800x600 light", width: 800, height: 600, theme: "light" }, { tag: "1280x800 dark", width: 1280, height: 800, theme: "dark" }];
        }
        function test_choosesHowTheModelIsRun(data) {
            test.tag = data.tag;
            verify(test.program.start(data.width, data.height, data.theme), "no window");
            ready();
            keySequence("Ctrl+,");
            test.tabTo("Threads");
            test.trySee("2,048 tokens take");
            test.readable("how the model is run");
            fill("Context", "1024");
            test.tabTo("Threads");
            test.trySee("1,024 tokens take");
            compare(test.win.chat.contextSize, 1024);
            const half = test.win.model.memoryText;
            test.tabTo("Keep keys");
            keyClick(Qt.Key_Right);
            test.tabTo("Threads");
            test.trySee("A cache in q8_0 has blocks of 32 values, which do not fit this model's parts of 16; choose f16.");
            test.readable("a cache that does not fit");
            test.tabTo("Keep keys");
            keyClick(Qt.Key_Right);
            compare(test.win.settings.kvType, "f32");
            tryCompare(test.win.model, "sessionError", "");
            compare(test.win.chat.notice, "");
            verify(test.win.model.memoryText !== half);
            fill("Threads", "1");
            test.readable("threads");
            keyClick(Qt.Key_Escape);

            test.win.chat.send("What is a router?");
            test.answered();
            compare(test.win.chat.notice, "");

            // It is still so after a restart.
            test.program.close();
            verify(test.program.start(data.width, data.height, data.theme), "no window");
            ready();
            compare(test.win.chat.contextSize, 1024);
            compare(test.win.settings.kvType, "f32");
        }

        // There is an emulated device, unless the plug-in was built for real ones or not at all.
        function test_computesOnAnotherDevice() {
            test.tag = "1280x800 light";
            verify(test.program.start(1280, 800, "light"), "no window");
            ready();
            test.win.settings.maxTokens = 2;
            test.win.deviceChoices.look();
            tryVerify(() => test.win.deviceChoices.status !== "" || test.win.deviceChoices.names.length > 1, 60000);
            keySequence("Ctrl+,");
            if (test.win.deviceChoices.names.length === 1) {
                test.tabTo("Threads");
                test.trySee("The processor; for a GPU: " + test.win.deviceChoices.status);
                return;
            }
            test.tabTo("Compute on");
            keyClick(Qt.Key_Right);
            compare(test.win.settings.device, "cuda:0");
            ready();
            test.tabTo("Threads");
            test.trySee("256.0 MiB there are");
            test.readable("on a device");
            keyClick(Qt.Key_Escape);
            test.win.chat.send("What is a router?");
            test.answered();
            compare(test.win.chat.notice, "");
        }

        // The device of the last time is not there any more: the reader is told, and one key goes on.
        function test_goesOnWithoutItsDevice() {
            test.tag = "800x600 dark";
            verify(test.program.start(800, 600, "dark"), "no window");
            ready();
            test.win.settings.device = "cuda:77";
            test.program.close();
            verify(test.program.start(800, 600, "dark"), "no window");
            tryVerify(() => test.win.model.state === ModelHost.Failed, 60000);
            test.trySee("cuda:77");
            test.readable("no such device");
            test.tabTo("Use the processor");
            keyClick(Qt.Key_Return);
            ready();
            compare(test.win.settings.device, "cpu");
            test.win.chat.send("What is a router?");
            test.answered();
            compare(test.win.chat.notice, "");
        }
    }
}
