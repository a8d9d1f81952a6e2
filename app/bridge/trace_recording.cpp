#include "bridge/trace_recording.hpp"

#include <QLoggingCategory>

#include <filesystem>
#include <utility>

#include "conclave/session.hpp"

Q_LOGGING_CATEGORY(logTrace, "conclave.trace")

using Clock = std::chrono::steady_clock;

TraceRecording::TraceRecording(const QString& path, const conclave::TraceHeader& header, conclave::TracePrompt prompt,
                               Sampler sampler)
    : m_prompt(std::move(prompt)), m_sampler(std::move(sampler)), m_begin(Clock::now()), m_lastFlush(m_begin)
{
    if (path.isEmpty())
        return;
    auto writer = conclave::TraceWriter::create(std::filesystem::path(path.toStdU16String()), header);
    if (writer)
        m_writer = std::move(*writer);
    else
        qCWarning(logTrace).noquote() << QString::fromStdString(writer.error().message);
}

void TraceRecording::step(const conclave::StepTrace& step)
{
    if (!m_writer)
        return;
    if (!m_promptWritten && !step.rows.empty())
        beginTokens(step.rows.front().position);
    for (size_t row = 0; row < step.rows.size() && m_writer; ++row) {
        const int position = step.rows[row].position;
        if (m_hasPending && m_pending.position == position) {
            takeRoutes(m_pending, step, row);
            writePending();
        } else if (position < int(m_prompt.ids.size())) {
            takeRoutes(m_promptToken, step, row);
            writePromptToken(position);
        }
    }
    everySecond();
}

void TraceRecording::token(const conclave::TokenEvent& event, const std::string& bytes)
{
    if (!m_writer)
        return;
    writePending(); // one that no step computed
    m_hasPending = true;
    m_pending.generated = true;
    m_pending.position = event.position;
    m_pending.id = event.id;
    m_pending.text = bytes;
    m_pending.logprob = event.logprob;
    m_pending.entropy = event.entropy;
    m_pending.top.clear();
    for (const conclave::TokenAlternative& alternative : event.top)
        m_pending.top.emplace_back(alternative.id, alternative.logprob);
    m_pending.t_ns = event.t_ns;
    m_pending.has_routes = false;
}

void TraceRecording::end(const conclave::TraceEnd& end)
{
    if (!m_writer)
        return;
    if (!m_promptWritten)
        beginTokens(end.n_cached);
    writePending();
    if (m_writer)
        check(m_writer->end(end));
}

void TraceRecording::beginTokens(int nCached)
{
    m_promptWritten = true;
    m_prompt.n_cached = nCached;
    check(m_writer->prompt(m_prompt));
    m_promptToken.has_routes = false;
    for (int position = 0; position < nCached && m_writer; ++position)
        writePromptToken(position);
}

void TraceRecording::writePromptToken(int position)
{
    const auto i = size_t(position);
    m_promptToken.position = position;
    m_promptToken.id = m_prompt.ids[i];
    m_promptToken.text = i < m_prompt.pieces.size() ? m_prompt.pieces[i] : std::string();
    if (m_writer)
        check(m_writer->token(m_promptToken));
}

void TraceRecording::writePending()
{
    if (std::exchange(m_hasPending, false) && m_writer) {
        if (!m_pending.has_routes) { // vectors of the token before
            m_pending.ids.clear();
            m_pending.weights.clear();
            m_pending.margins.clear();
            m_pending.groups.clear();
        }
        check(m_writer->token(m_pending));
    }
}

void TraceRecording::takeRoutes(conclave::TraceToken& token, const conclave::StepTrace& step, size_t row) const
{
    const auto layers = size_t(step.n_moe_layers), picks = layers * size_t(step.k);
    const auto copy = [row](const auto& all, size_t n, auto& out) {
        out.clear();
        if (const size_t begin = row * n; begin + n <= all.size()) // a router without groups leaves them out
            out.assign(all.begin() + std::ptrdiff_t(begin), all.begin() + std::ptrdiff_t(begin + n));
    };
    token.has_routes = picks > 0;
    copy(step.ids, picks, token.ids);
    copy(step.weights, picks, token.weights);
    copy(step.margins, layers, token.margins);
    copy(step.groups, layers, token.groups);
}

void TraceRecording::everySecond()
{
    const auto now = Clock::now();
    if (!m_writer || now - m_lastFlush < std::chrono::seconds(1))
        return;
    m_lastFlush = now;
    if (m_sampler)
        check(m_writer->telemetry({.t_ns = std::chrono::nanoseconds(now - m_begin).count(), .sample = m_sampler()}));
    if (m_writer)
        check(m_writer->flush());
}

void TraceRecording::check(const conclave::Result<void>& result)
{
    if (result)
        return;
    qCWarning(logTrace).noquote() << QString::fromStdString(result.error().message);
    m_writer.reset();
}
