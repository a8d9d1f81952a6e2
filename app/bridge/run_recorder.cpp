#include "bridge/run_recorder.hpp"

#include <utility>

namespace
{

QString textOf(std::string_view utf8)
{
    return QString::fromUtf8(utf8.data(), qsizetype(utf8.size()));
}

} // namespace

void RunRecorder::on_token(const conclave::TokenEvent& event)
{
    RunToken token{.index = event.index,
                   .position = event.position,
                   .id = event.id,
                   .text = textOf(event.text),
                   .logprob = event.logprob,
                   .entropy = event.entropy,
                   .tNs = event.t_ns};
    token.top.reserve(qsizetype(event.top.size()));
    token.topTexts.reserve(qsizetype(event.top.size()));
    for (const conclave::TokenAlternative& alternative : event.top) {
        token.top.emplaceBack(alternative.id, alternative.logprob);
        token.topTexts << textOf(m_model.token_bytes(alternative.id));
    }
    m_queue.push({m_runId, std::move(token)});
    // The token that ends an answer adds nothing to it.
    m_trace.token(event, m_model.is_end_of_generation(event.id) ? std::string() : m_model.token_bytes(event.id));
}

void RunRecorder::on_progress(int nDone, int nTotal)
{
    m_queue.push({m_runId, RunProgress{nDone, nTotal}});
}

void RunRecorder::on_step(const conclave::StepTrace& step)
{
    RunStep copy{.prefill = step.phase == conclave::Phase::prefill,
                 .nMoeLayers = step.n_moe_layers,
                 .k = step.k,
                 .nDone = step.n_done,
                 .nTotal = step.n_total,
                 .ids = {step.ids.begin(), step.ids.end()},
                 .weights = {step.weights.begin(), step.weights.end()},
                 .margins = {step.margins.begin(), step.margins.end()},
                 .groups = {step.groups.begin(), step.groups.end()},
                 .tNs = step.t_ns,
                 .durationNs = step.duration_ns};
    copy.positions.reserve(qsizetype(step.rows.size()));
    copy.tokens.reserve(qsizetype(step.rows.size()));
    for (const conclave::TraceRow& row : step.rows) {
        copy.positions << row.position;
        copy.tokens << row.token;
    }
    m_queue.push({m_runId, std::move(copy)});
    m_trace.step(step);
}
