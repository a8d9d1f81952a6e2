#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "bridge/chat_backend.hpp"
#include "bridge/event_queue.hpp"
#include "bridge/model_run.hpp"
#include "bridge/trace_recording.hpp"

/// Answers with a model, on a thread of its own that owns the session. One session serves all chats; what a prompt
/// shares with the one before is not computed again. Its methods are for the GUI thread and never wait.
class EngineWorker : public ChatBackend
{
    Q_OBJECT
public:
    /// `sampler` is asked for the machine's counters once a second of a run, on the worker's thread.
    explicit EngineWorker(TraceRecording::Sampler sampler, QObject* parent = nullptr);
    ~EngineWorker() override;

    void launch();
    /// Stops the run and joins the thread.
    void join();

    /// Answers so from the next run on; sessionMade tells when, or why not.
    void setModel(const ModelRun& model);

    void start(const RunRequest& request) override;
    void stop() override;
    QList<RunEvent> drain() override { return m_queue.drain(); }

signals:
    /// There is a session for the model that was set last, or a sentence why there is none. From the worker's thread.
    void sessionMade(const QString& error);

private:
    struct Work; ///< what the engine's thread owns

    void work(std::stop_token stop);
    void run(Work& work, const RunRequest& request, const std::stop_token& stop);
    void fail(quint64 runId, const QString& sentence);

    const TraceRecording::Sampler m_sampler;
    EventQueue m_queue;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::optional<RunRequest> m_request; // guarded by m_mutex
    std::optional<ModelRun> m_newModel;  // guarded by m_mutex
    std::stop_source m_stopRun;          // guarded by m_mutex
    std::jthread m_thread;               ///< last, so that it ends before what it uses
};
