#include "bridge/event_queue.hpp"

#include <utility>

void EventQueue::push(RunEvent event)
{
    bool wake = false;
    {
        const std::scoped_lock lock(m_mutex);
        m_events.push_back(std::move(event));
        wake = !std::exchange(m_wakePending, true);
    }
    if (wake)
        QMetaObject::invokeMethod(this, &EventQueue::ready, Qt::QueuedConnection);
}

QList<RunEvent> EventQueue::drain()
{
    QList<RunEvent> events;
    const std::scoped_lock lock(m_mutex);
    events.swap(m_events);
    m_wakePending = false;
    return events;
}
