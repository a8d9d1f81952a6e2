pragma ComponentBehavior: Bound
import QtQuick
import QtTest
import Conclave.WindowTest

// The eye of tst_window: it sees each kind of fault, and none where there is none.
Item {
    id: root

    component Words: Text {
        color: "#333333"
        font.pixelSize: 13
        text: "Some words to read"
    }

    Component {
        id: good

        Item {
            Words {}
            Words { y: 20; color: "#767676" } // 4.54:1
            Item {
                Accessible.name: "Some words to read"
                Accessible.role: Accessible.StaticText

                Words { elide: Text.ElideRight; width: 60; y: 40 }
            }
            Flickable {
                clip: true
                contentHeight: 60
                height: 22
                width: 200
                y: 60

                Column { Words {} Words {} Words {} }
            }
            Words { y: 90 }
            Rectangle { color: "#dddddd"; height: 20; width: 200; y: 88 } // hides it as a whole
        }
    }
    Component {
        id: faint

        Item { Words { color: "#777777" } } // 4.48:1
    }
    Component {
        id: seeThrough

        Item { opacity: 0.6; Words {} }
    }
    Component {
        id: clipped

        Item { clip: true; height: 40; width: 60; Words {} }
    }
    Component {
        id: cutSideways

        Flickable { clip: true; contentHeight: 200; height: 40; width: 60; Words {} }
    }
    Component {
        id: outside

        Item { Words { x: 250 } }
    }
    Component {
        id: elided

        Item { Words { elide: Text.ElideRight; width: 60 } }
    }
    Component {
        id: over

        Item { Words {} Words { text: "Others"; x: 40; y: 4 } }
    }
    Component {
        id: overflowing

        Item { Words { height: 16; width: 60; wrapMode: Text.Wrap } }
    }
    Component {
        id: halfHidden

        Item { Words {} Rectangle { color: "#dddddd"; height: 20; width: 40 } }
    }
    Component {
        id: windowComponent

        Window {
            color: "white"
            height: 200
            visible: true
            width: 300
        }
    }

    WindowFixture { id: fixture }
    TestCase {
        name: "ReadableText"
        when: windowShown

        function test_faultsAreSeen_data() {
            return [{ tag: "none", page: good, says: "" }, { tag: "faint", page: faint, says: "too faint, 4.48" },
                { tag: "see-through", page: seeThrough, says: "too faint" }, { tag: "clipped", page: clipped, says: "cut off" },
                { tag: "cut sideways", page: cutSideways, says: "cut off" }, { tag: "outside", page: outside, says: "cut off" },
                { tag: "elided", page: elided, says: "ends in an ellipsis" }, { tag: "over", page: over, says: "over" },
                { tag: "overflowing", page: overflowing, says: "larger than its place" }, { tag: "half hidden", page: halfHidden, says: "cut off" }];
        }
        function test_faultsAreSeen(row) {
            const window = windowComponent.createObject(root);
            row.page.createObject(window.contentItem);
            tryVerify(() => window.visible);
            const found = fixture.unreadableIn(window, "eye " + row.tag).join("\n");
            window.destroy();
            if (row.says === "")
                compare(found, "");
            else
                verify(found.includes(row.says), row.says + " is not in: " + found);
        }
    }
}
