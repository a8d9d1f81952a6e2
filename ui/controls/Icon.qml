import QtQuick
import QtQuick.Shapes

// A line icon on a 16 px grid, chosen by name. The Shape is inside, as it makes its own implicit size that of the path,
// which would put each icon elsewhere.
Item {
    id: root

    required property string name
    property color color: Theme.dim

    readonly property var paths: ({ // name -> SVG path; a table of data
        "plus": "M8 3.5v9M3.5 8h9",
        "search": "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.4 10.4L13.5 13.5",
        "panel-left": "M2.5 3.5h11v9h-11zM6.5 3.5v9",
        "panel-right": "M2.5 3.5h11v9h-11zM9.5 3.5v9",
        "copy": "M6 6h7v7h-7zM10 6v-3h-7v7h3",
        "check": "M3.5 8.5l3 3l6-7",
        "close": "M4 4l8 8M12 4l-8 8",
        "refresh": "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.5h-2.5",
        "pencil": "M3 13l.6-2.8l7-7l2.2 2.2l-7 7zM9.2 4.6l2.2 2.2",
        "trash": "M3 4.5h10M6.5 4.5v-1.5h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5",
        "chevron-left": "M9.5 4l-4 4l4 4",
        "chevron-right": "M6.5 4l4 4l-4 4",
        "chevron-down": "M4 6l4 4l4-4",
        "chevron-up": "M4 10l4-4l4 4",
        "arrow-down": "M8 3v9.5M4 8.5l4 4l4-4",
        "arrow-up": "M8 13v-9.5M4 7.5l4-4l4 4",
        "stop": "M5 5h6v6h-6z",
        "folder": "M2.5 4h4l1.5 1.5h5.5v7h-11z",
        "settings": "M3 5h6M12 5h1M3 11h1M7 11h6M10.5 3.5v3M5.5 9.5v3",
        "help": "M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M8 12v.2M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4",
        "table": "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M7 3.5v9",
        "grid": "M3 3h4v4h-4zM9 3h4v4h-4zM3 9h4v4h-4zM9 9h4v4h-4z",
        "warning": "M8 2.5l6 10.5h-12zM8 6.5v3M8 11.3v.2"
    })

    implicitWidth: 16
    implicitHeight: 16

    Shape {
        anchors.fill: parent
        layer.enabled: root.GraphicsInfo.api === GraphicsInfo.Software // a bare Shape leaves marks there when scrolled out
        preferredRendererType: Shape.CurveRenderer

        ShapePath {
            capStyle: ShapePath.RoundCap
            fillColor: "transparent"
            joinStyle: ShapePath.RoundJoin
            strokeColor: root.color
            strokeWidth: 1.4

            PathSvg {
                path: root.paths[root.name] ?? ""
            }
        }
    }
}
