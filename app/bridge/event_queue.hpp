#pragma once

#include <QList>
#include <QObject>

#include <mutex>

#include "bridge/run_events.hpp"

/// Hands run events from a producer's thread to the GUI thread: two buffers swapped under one mutex, and one wake-up
/// until they are taken. `push` may be called from any thread, the rest on the thread the queue lives in.
class EventQueue : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    void push(RunEvent event);
    /// What has arrived, in order.
    QList<RunEvent> drain();

signals:
    /// Something arrived; once until the next drain.
    void ready();

protected:
    bool event(QEvent* event) override;

private:
    std::mutex m_mutex;
    QList<RunEvent> m_events;   // guarded by m_mutex
    bool m_wakePending = false; // guarded by m_mutex
};
