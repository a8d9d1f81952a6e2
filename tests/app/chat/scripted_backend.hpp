#pragma once

#include <QList>

#include <utility>

#include "bridge/chat_backend.hpp"

/// A backend that answers what a test tells it to, when it tells it to.
class ScriptedBackend : public ChatBackend
{
public:
    void start(const RunRequest& request) override
    {
        requests << request;
        m_runId = request.runId;
        m_tokens = 0;
    }
    void stop() override { ++stops; }
    QList<RunEvent> drain() override
    {
        m_told = false;
        return std::exchange(m_events, {});
    }

    template <class Event>
    void send(Event event)
    {
        sendAs(m_runId, std::move(event));
    }
    template <class Event>
    void sendAs(quint64 runId, Event event)
    {
        m_events << RunEvent{.runId = runId, .what = std::move(event)};
        if (!std::exchange(m_told, true))
            emit eventsReady();
    }
    void say(const QString& text)
    {
        send(RunToken{.index = m_tokens,
                      .position = 10 + m_tokens,
                      .id = m_tokens,
                      .text = text,
                      .tNs = m_tokens * 10'000'000LL});
        ++m_tokens;
    }
    void finish(const QString& stop = QStringLiteral("end_of_text"))
    {
        send(RunFinished{.stop = stop,
                         .nPrompt = 10,
                         .nGenerated = m_tokens,
                         .ttftMs = 12,
                         .decodeTps = 100,
                         .seed = 7,
                         .sumCounts = 42});
    }

    QList<RunRequest> requests;
    int stops = 0;

private:
    QList<RunEvent> m_events;
    quint64 m_runId = 0;
    int m_tokens = 0;
    bool m_told = false;
};
