import QtQuick

Rectangle {
    color: Theme.line
    implicitHeight: 1
    implicitWidth: 1
}
