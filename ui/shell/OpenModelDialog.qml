import QtQuick
import QtQuick.Dialogs

// Chooses a model: a file, or any file of a folder as Hugging Face publishes it, which opens the folder.
FileDialog {
    id: root

    signal chosen(file: url)

    nameFilters: [qsTr("Models (*.gguf config.json *.safetensors *.safetensors.index.json)"), qsTr("All files (*)")]
    title: qsTr("Open a model")
    onAccepted: root.chosen(root.selectedFile)
}
