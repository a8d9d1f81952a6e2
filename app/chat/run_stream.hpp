#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <optional>

#include "bridge/chat_backend.hpp"
#include "chat/run_batch.hpp"

/// Takes what a backend produced, at most once a frame, and passes on what belongs to the current run. An answer at
/// reading speed comes a few words at a time, 25 times a second: the first of them at once, none later than readingMs,
/// and each frame's cost is shared by its words. GUI thread.
class RunStream : public QObject
{
    Q_OBJECT
public:
    static constexpr int readingMs = 40;            ///< between batches of an answer that can be read along
    static constexpr int fastTokensPerSecond = 100; ///< beyond this, batches come with every frame

    explicit RunStream(QObject* parent = nullptr);

    /// The backend must outlive its runs. Not while a run is on.
    void setBackend(ChatBackend* backend);
    /// Hidden windows need no frames: batches come five times a second then.
    void setVisible(bool visible) { m_visible = visible; }

    /// Starts a run, giving it its id; when an abandoned one is still ending, as soon as it has.
    void start(RunRequest request);
    /// Asks the run to end; its last batch follows.
    void stop();
    /// Stops the run and ignores what it still sends.
    void abandon();
    /// Passes on what is there without waiting for the frame.
    void flush();

    bool isRunning() const { return m_current != 0; }

signals:
    void batch(const RunBatch& batch);

private:
    void schedule();
    void drain();

    ChatBackend* m_backend = nullptr;
    std::optional<RunRequest> m_next; ///< waits for an abandoned run to end
    quint64 m_lastRunId = 0;
    quint64 m_current = 0;   ///< run whose events are passed on; 0: none
    quint64 m_inBackend = 0; ///< run the backend is at; 0: none
    QTimer m_timer;
    QElapsedTimer m_sinceDrain;
    bool m_visible = true;
    bool m_everyFrame = false; ///< the last batch came fast
};
