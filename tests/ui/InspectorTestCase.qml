import QtQuick
import QtTest
import Conclave.App

// What a person does with the inspector and the panels, by keyboard alone.
KeyboardTestCase {
    id: test

    function fold() {
        const chatsShown = test.win.chatsShown, inspectorShown = test.win.inspectorShown;
        keySequence("Ctrl+B");
        compare(test.win.chatsShown, !chatsShown);
        test.readable("chats folded");
        keySequence("Ctrl+B");
        keySequence("Ctrl+I");
        compare(test.win.inspectorShown, !inspectorShown);
        test.readable("inspector folded or over");
        keySequence("Ctrl+I");
        compare(test.win.inspectorShown, inspectorShown);
    }
    function walkTheMap() {
        if (!test.win.inspectorShown)
            keySequence("Ctrl+I");
        tryVerify(() => test.win.inspector.state === Inspector.Ready, 30000);
        test.goTo("What the map shows", "Layer ");
        test.tabTo("Layer ");
        keyClick(Qt.Key_Right);
        keyClick(Qt.Key_Down);
        verify(test.focusName().includes("expert 1"), test.focusName());
        test.readable("map");
        keyClick(Qt.Key_Return);
    }
    function chooseAToken() {
        test.goTo("Conversation", "Answer again");
        keyClick(Qt.Key_Left);
        keyClick(Qt.Key_Left);
        const chosen = test.win.conversation.selectedPosition;
        verify(chosen >= 0);
        test.trySee("Newest");
        test.readable("token");
        test.goTo("What the map shows", "Layer ");
        test.tabTo("Previous token");
        keyClick(Qt.Key_Return);
        tryVerify(() => test.win.conversation.selectedPosition < chosen);
        test.readable("token before");
    }
    function readTheTable() {
        keySequence("Ctrl+T");
        test.trySee("Uses");
        test.readable("table");
        keySequence("Ctrl+T");
    }
    function readTheKeptMap() {
        if (!test.win.inspectorShown)
            keySequence("Ctrl+I");
        tryVerify(() => test.win.inspector.state === Inspector.Ready, 30000);
        verify(test.win.inspector.sumHolds); // the figures lie below the fold of a small window
        test.goTo("Conversation", "Answer again");
        keyClick(Qt.Key_Left);
        tryVerify(() => test.win.conversation.selectedPosition >= 0);
        test.trySee(test.win.inspector.tokenTitle);
        verify(test.win.inspector.routes.rowCount() > 0);
        test.readable("kept map");
    }
}
