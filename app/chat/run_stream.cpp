#include "chat/run_stream.hpp"

#include <algorithm>
#include <utility>

namespace
{

constexpr int frameMs = 16;
constexpr int hiddenMs = 200;

/// Whether so many tokens in so many ms need every frame.
bool needsEveryFrame(qsizetype nTokens, qint64 ms)
{
    return nTokens * 1000 > RunStream::fastTokensPerSecond * ms;
}

} // namespace

RunStream::RunStream(QObject* parent) : QObject(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &RunStream::drain);
    m_sinceDrain.start();
}

void RunStream::setBackend(ChatBackend* backend)
{
    if (m_backend)
        disconnect(m_backend, nullptr, this, nullptr);
    m_backend = backend;
    if (m_backend)
        connect(m_backend, &ChatBackend::eventsReady, this, &RunStream::schedule);
}

void RunStream::start(RunRequest request)
{
    if (!m_backend)
        return;
    request.runId = ++m_lastRunId;
    m_current = request.runId;
    if (m_inBackend != 0) {
        m_next = std::move(request);
        return;
    }
    m_inBackend = request.runId;
    m_backend->start(request);
}

void RunStream::stop()
{
    if (m_next) { // not begun: nothing will come of it but its end
        const RunFinished end{.stop = QStringLiteral("stopped")};
        m_next.reset();
        m_current = 0;
        emit batch({.finished = end});
    } else if (m_backend && m_current != 0) {
        m_backend->stop();
    }
}

void RunStream::abandon()
{
    m_next.reset();
    m_current = 0;
    if (m_backend && m_inBackend != 0)
        m_backend->stop();
}

void RunStream::flush()
{
    if (m_backend)
        drain();
}

void RunStream::schedule()
{
    if (m_timer.isActive())
        return;
    const int interval = !m_visible ? hiddenMs : m_everyFrame ? frameMs : readingMs;
    m_timer.start(interval - int(std::min<qint64>(m_sinceDrain.elapsed(), interval)));
}

void RunStream::drain()
{
    const qint64 elapsed = m_sinceDrain.restart();
    RunBatch current;
    bool backendFree = false;
    for (RunEvent& event : m_backend->drain()) {
        const bool wanted = event.runId == m_current;
        if (auto* prompt = std::get_if<RunPrompt>(&event.what)) {
            if (wanted)
                current.prompts << std::move(*prompt);
        } else if (auto* progress = std::get_if<RunProgress>(&event.what)) {
            if (wanted)
                current.progress = *progress;
        } else if (auto* step = std::get_if<RunStep>(&event.what)) {
            if (wanted)
                current.steps << std::move(*step);
        } else if (auto* token = std::get_if<RunToken>(&event.what)) {
            if (wanted)
                current.tokens << std::move(*token);
        } else {
            if (event.runId == m_inBackend)
                backendFree = true;
            if (auto* finished = std::get_if<RunFinished>(&event.what); finished && wanted)
                current.finished = std::move(*finished);
            if (auto* failed = std::get_if<RunFailed>(&event.what); failed && wanted)
                current.failed = std::move(*failed);
            if (auto* outgrown = std::get_if<RunOutgrown>(&event.what); outgrown && wanted)
                current.outgrown = *outgrown;
        }
    }
    m_everyFrame = needsEveryFrame(current.tokens.size(), elapsed);
    if (backendFree)
        m_inBackend = 0;
    if (current.ends())
        m_current = 0;
    if (m_inBackend == 0 && m_next) {
        const RunRequest request = *std::exchange(m_next, std::nullopt);
        m_inBackend = request.runId;
        m_backend->start(request);
    }
    if (!current.prompts.isEmpty() || current.progress || !current.steps.isEmpty() || !current.tokens.isEmpty() ||
        current.ends())
        emit batch(current);
}
