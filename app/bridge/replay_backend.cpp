#include "bridge/replay_backend.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "bridge/routing_shape.hpp"
#include "bridge/sentence.hpp"
#include "conclave/trace.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr int frameMs = 16;
constexpr int fastTokensPerTurn = 64;
constexpr size_t prefillRowsPerStep = 64;

} // namespace

ReplayBackend::ReplayBackend(Pace pace, QObject* parent) : ChatBackend(parent), m_pace(pace)
{
    m_timer.setInterval(pace == Pace::Fast ? 0 : frameMs);
    connect(&m_timer, &QTimer::timeout, this, &ReplayBackend::produce);
    m_pool.setMaxThreadCount(1);
}

ReplayBackend::~ReplayBackend()
{
    m_pool.waitForDone();
}

void ReplayBackend::open(const QString& path)
{
    m_pool.start([this, path] {
        auto trace = conclave::read_trace(std::filesystem::path(path.toStdU16String()));
        if (!trace) {
            const QString sentence = sentenceOf(trace.error());
            QMetaObject::invokeMethod(this, [this, sentence] { emit failed(sentence); }, Qt::QueuedConnection);
            return;
        }
        auto shared = std::make_shared<const conclave::Trace>(*std::move(trace));
        QMetaObject::invokeMethod(
            this,
            [this, shared] {
                m_trace = shared;
                emit loaded();
            },
            Qt::QueuedConnection);
    });
}

RoutingShape ReplayBackend::shape() const
{
    return m_trace ? routingShapeOf(m_trace->header) : RoutingShape{};
}

QList<Message> ReplayBackend::messages() const
{
    QList<Message> messages;
    if (!m_trace)
        return messages;
    for (const conclave::ChatMessage& message : m_trace->prompt.messages) {
        if (message.role == conclave::Role::system || message.role == conclave::Role::tool)
            continue; // a setting of then, no part of the chat
        messages << Message{.author = message.role == conclave::Role::user ? Author::User : Author::Assistant,
                            .text = QString::fromStdString(message.content)};
    }
    return messages;
}

int ReplayBackend::contextUsed() const
{
    return m_trace ? int(m_trace->tokens.size()) : 0;
}

void ReplayBackend::start(const RunRequest& request)
{
    m_runId = request.runId;
    m_next = 0;
    m_generated = 0;
    m_stopped = false;
    if (!m_trace) {
        push({m_runId, RunFailed{tr("No recorded run is open.")}});
        m_runId = 0;
        return;
    }
    m_text = std::make_unique<RecordedText>(*m_trace);
    m_clock.start();
    pushPrompt();
    m_timer.start();
}

void ReplayBackend::stop()
{
    m_stopped = true;
}

QList<RunEvent> ReplayBackend::drain()
{
    m_told = false;
    return std::exchange(m_events, {});
}

void ReplayBackend::produce()
{
    const auto& tokens = m_trace->tokens;
    const qint64 nowNs = m_clock.nsecsElapsed();
    int budget = fastTokensPerTurn;
    while (!m_stopped && m_next < tokens.size()) {
        const conclave::TraceToken& token = tokens[m_next];
        if (m_pace == Pace::Fast ? budget-- == 0 : token.t_ns.value_or(0) > nowNs)
            return;
        pushToken(token);
        if (token.has_routes)
            pushStep(m_next, 1, false);
        ++m_next;
    }
    m_timer.stop();
    pushEnd();
    m_runId = 0;
}

void ReplayBackend::push(RunEvent event)
{
    m_events << std::move(event);
    if (!std::exchange(m_told, true))
        emit eventsReady();
}

void ReplayBackend::pushPrompt()
{
    const conclave::TracePrompt& recorded = m_trace->prompt;
    RunPrompt prompt;
    for (size_t i = 0; i < recorded.ids.size(); ++i) {
        prompt.ids << recorded.ids[i];
        prompt.pieces << (i < recorded.pieces.size() ? QByteArray::fromStdString(recorded.pieces[i]) : QByteArray());
    }
    // As rendering saw it: the last thing before the answer is an open <think>.
    QByteArray end;
    for (const QByteArray& piece : prompt.pieces.last(std::min<qsizetype>(4, prompt.pieces.size())))
        end += piece;
    prompt.opensThinking = end.trimmed().endsWith("<think>");
    push({m_runId, std::move(prompt)});

    const auto& tokens = m_trace->tokens;
    while (m_next < tokens.size() && !tokens[m_next].generated) {
        size_t n = 0;
        while (n < prefillRowsPerStep && m_next + n < tokens.size() && !tokens[m_next + n].generated &&
               tokens[m_next + n].has_routes)
            ++n;
        if (n > 0)
            pushStep(m_next, n, true);
        m_next += std::max<size_t>(n, 1); // cached ones have no routes
    }
}

void ReplayBackend::pushToken(const conclave::TraceToken& token)
{
    RunToken run{.index = m_generated++,
                 .position = token.position,
                 .id = token.id,
                 .text = QString::fromUtf8(m_text->next(token)),
                 .logprob = token.logprob,
                 .entropy = token.entropy,
                 .tNs = token.t_ns.value_or(0)};
    for (const auto& [id, logprob] : token.top)
        run.top.emplaceBack(id, logprob);
    push({m_runId, std::move(run)});
}

void ReplayBackend::pushStep(size_t first, size_t n, bool prefill)
{
    const auto& tokens = m_trace->tokens;
    RunStep step{.prefill = prefill,
                 .nMoeLayers = int(m_trace->header.moe_layers.size()),
                 .k = m_trace->header.n_experts_used,
                 .nDone = prefill ? tokens[first + n - 1].position + 1 : int(m_trace->prompt.ids.size()),
                 .nTotal = int(m_trace->prompt.ids.size())};
    const auto append = [](auto& all, const auto& part) { all.insert(all.end(), part.begin(), part.end()); };
    for (size_t i = first; i < first + n; ++i) {
        step.positions << tokens[i].position;
        step.tokens << tokens[i].id;
        append(step.ids, tokens[i].ids);
        append(step.weights, tokens[i].weights);
        append(step.margins, tokens[i].margins);
        append(step.groups, tokens[i].groups);
    }
    push({m_runId, std::move(step)});
}

void ReplayBackend::pushEnd()
{
    RunFinished finished{.stop = u"stopped"_s, .nPrompt = int(m_trace->prompt.ids.size()), .nGenerated = m_generated};
    finished.nCached = m_trace->prompt.n_cached;
    finished.seed = m_trace->header.seed;
    const std::optional<conclave::TraceEnd>& end = m_trace->end;
    if (end && !m_stopped) {
        finished.stop = QString::fromStdString(end->stop);
        finished.ttftMs = end->ttft_ms;
        finished.prefillTps = end->prefill_tps;
        finished.decodeTps = end->decode_tps;
        finished.sumCounts = end->sum_counts;
    }
    push({m_runId, std::move(finished)});
}
