#include "bridge/event_queue.hpp"

#include <QCoreApplication>
#include <QEvent>

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
        QCoreApplication::postEvent(this, new QEvent(QEvent::User)); // carries nothing, so that nothing is shared
}

bool EventQueue::event(QEvent* event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    emit ready();
    return true;
}

QList<RunEvent> EventQueue::drain()
{
    QList<RunEvent> events;
    const std::scoped_lock lock(m_mutex);
    events.swap(m_events);
    m_wakePending = false;
    return events;
}
