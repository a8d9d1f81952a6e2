import QtQuick
import QtTest
import Conclave.Controls

Item {
    id: root

    height: 60
    width: 60

    Rectangle {
        id: ground

        color: "white"
        height: 60
        width: 60

        Flickable {
            id: view

            clip: true
            contentHeight: 80
            height: 20
            width: 60
            y: 20

            Item {
                id: page

                Icon {
                    id: icon

                    color: "black"
                    name: "plus"
                    scale: 0.75
                    x: 10
                    y: 12
                }
            }
        }
    }

    TestCase {
        name: "Icon"
        when: windowShown

        function inked(image, x, y, width, height) {
            let n = 0;
            for (let i = x; i < x + width; ++i) {
                for (let j = y; j < y + height; ++j)
                    n += image.red(i, j) < 128 ? 1 : 0;
            }
            return n;
        }

        function test_sizeIsThatOfTheGrid_data() {
            return Object.keys(icon.paths).map(name => ({ tag: name }));
        }
        function test_sizeIsThatOfTheGrid(row) {
            icon.name = row.tag;
            waitForRendering(ground);
            compare(icon.implicitWidth, 16);
            compare(icon.implicitHeight, 16);
        }
        // The software renderer leaves marks of a bare Shape where it is scrolled out of its view.
        function test_scrolledOutItLeavesNothing() {
            icon.name = "chevron-right";
            for (let y = 12; y > -17; --y) {
                view.contentY = 12 - y;
                page.x = (12 - y) % 5;
                waitForRendering(ground);
            }
            view.contentY = 22;
            const image = grabImage(ground);
            compare(inked(image, 0, 0, 60, 20), 0, "pixels above the view");
        }
    }
}
