import QtQuick

// A paragraph that begins a task of a list.
ProseBlock {
    id: root

    TaskBox { done: root.prose.task === 2; x: root.taskPlace.x; y: root.taskPlace.y }
}
