#pragma once

#include <QElapsedTimer>
#include <QList>
#include <QThreadPool>
#include <QTimer>

#include <memory>

#include "bridge/chat_backend.hpp"
#include "bridge/recorded_text.hpp"
#include "storage/message.hpp"

namespace conclave
{
struct Trace;
struct TraceToken;
} // namespace conclave

/// Answers with a recorded run: the same events as when it happened, at the recorded times or as fast as they are
/// taken. The file is read on a worker. GUI thread.
class ReplayBackend : public ChatBackend
{
    Q_OBJECT
public:
    enum class Pace { Recorded, Fast };

    explicit ReplayBackend(Pace pace, QObject* parent = nullptr);
    ~ReplayBackend() override;

    /// Reads a *.ctr; `loaded` or `failed` follows.
    void open(const QString& path);
    /// After `loaded`.
    RoutingShape shape() const;
    QList<Message> messages() const;
    int contextUsed() const;

    void start(const RunRequest& request) override;
    void stop() override;
    QList<RunEvent> drain() override;

signals:
    void loaded();
    void failed(const QString& sentence);

private:
    void produce();
    void push(RunEvent event);
    void pushPrompt();
    void pushToken(const conclave::TraceToken& token);
    void pushStep(size_t first, size_t n, bool prefill);
    void pushEnd();

    const Pace m_pace;
    std::shared_ptr<const conclave::Trace> m_trace;
    QList<RunEvent> m_events;
    bool m_told = false, m_stopped = false;
    quint64 m_runId = 0; ///< 0: nothing runs
    size_t m_next = 0;   ///< token that comes next
    int m_generated = 0;
    std::unique_ptr<RecordedText> m_text; ///< of the run that is played
    QTimer m_timer;
    QElapsedTimer m_clock;
    QThreadPool m_pool; ///< last: its thread ends before the members it reports to
};
