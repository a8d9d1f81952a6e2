#pragma once

#include <QList>
#include <QObject>

#include "bridge/run_events.hpp"

/// Something that answers: the engine, a recorded trace, a test's source. Lives on the GUI thread; works elsewhere.
class ChatBackend : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// Starts a run; at most one at a time. Never blocks.
    virtual void start(const RunRequest& request) = 0;
    /// Asks the current run to end; it still sends RunFinished.
    virtual void stop() = 0;
    /// Takes what has arrived, in order. GUI thread.
    virtual QList<RunEvent> drain() = 0;

signals:
    /// Something arrived; sent once until the next drain.
    void eventsReady();
};
