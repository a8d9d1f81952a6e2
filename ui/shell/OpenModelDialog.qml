import QtQuick
import QtQuick.Dialogs

// Chooses a model file.
FileDialog {
    id: root

    signal chosen(file: url)

    nameFilters: [qsTr("Models (*.gguf)"), qsTr("All files (*)")]
    title: qsTr("Open a model")
    onAccepted: root.chosen(root.selectedFile)
}
