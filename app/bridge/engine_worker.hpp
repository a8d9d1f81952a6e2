#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "bridge/chat_backend.hpp"
#include "bridge/event_queue.hpp"
#include "bridge/trace_recording.hpp"

namespace conclave
{
class Engine;
class Model;
} // namespace conclave

/// Answers with a model, on a thread of its own that owns the session. One session serves all chats; what a prompt
/// shares with the one before is not computed again. Its methods are for the GUI thread and never wait.
class EngineWorker : public ChatBackend
{
    Q_OBJECT
public:
    /// `engine` must outlive it. `sampler` is asked for the machine's counters once a second of a run, on the worker's
    /// thread.
    EngineWorker(const conclave::Engine& engine, TraceRecording::Sampler sampler, QObject* parent = nullptr);
    ~EngineWorker() override;

    void launch();
    /// Stops the run and joins the thread.
    void join();

    /// Answers with `model` from the next run on; its session holds `contextLength` tokens.
    void setModel(std::shared_ptr<const conclave::Model> model, int contextLength);

    void start(const RunRequest& request) override;
    void stop() override;
    QList<RunEvent> drain() override { return m_queue.drain(); }

private:
    struct NewModel {
        std::shared_ptr<const conclave::Model> model;
        int contextLength = 0;
    };
    struct Work; ///< what the engine's thread owns

    void work(std::stop_token stop);
    void run(Work& work, const RunRequest& request, const std::stop_token& stop);
    void fail(quint64 runId, const std::string& sentence);

    const conclave::Engine& m_engine;
    const TraceRecording::Sampler m_sampler;
    EventQueue m_queue;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::optional<RunRequest> m_request; // guarded by m_mutex
    std::optional<NewModel> m_newModel;  // guarded by m_mutex
    std::stop_source m_stopRun;          // guarded by m_mutex
    std::jthread m_thread;               ///< last, so that it ends before what it uses
};
