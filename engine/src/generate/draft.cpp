#include <algorithm>

#include "base/check.hpp"
#include "generate/session_state.hpp"

namespace conclave
{

namespace
{

/// Ties go to the lower id, as when the sampler is greedy.
int32_t most_probable(std::span<const float> logits)
{
    size_t best = 0;
    for (size_t i = 1; i < logits.size(); ++i) {
        if (logits[i] > logits[best]) {
            best = i;
        }
    }
    return static_cast<int32_t>(best);
}

} // namespace

Result<int32_t> SessionState::predict(int32_t next, bool wanted, const std::stop_token& stop)
{
    Drafts& drafts = *m_drafts;
    const int first = drafts.n_ready, n = n_past() - first;
    CONCLAVE_CHECK(n > 0 && first >= drafts.x_first && n <= max_step_rows(m_options), "x holds what lacks its row");
    for (int i = 0; i < n; ++i) {
        const auto at = static_cast<size_t>(i), after = static_cast<size_t>(first + i + 1);
        drafts.position[at] = first + i;
        drafts.token[at] = after < m_ids.size() ? m_ids[after] : next;
    }
    const ConclaveBatch batch{sizeof batch, n, m_sequence.data(), drafts.position.data(), drafts.token.data()};
    ForwardStep rows = forward_step(batch, stop);
    const auto before = static_cast<size_t>(first - drafts.x_first) * static_cast<size_t>(m_state.weights.hidden);
    const int32_t last = n - 1;
    ForwardStep of_block{.weights = rows.weights,
                         .batch = batch,
                         .cache = m_cache,
                         .mla_mode = rows.mla_mode,
                         .recorder = *m_memory.mtp_routes,
                         .x = rows.x.subspan(before),
                         .stop = stop,
                         .logits_of = {&last, wanted ? size_t{1} : size_t{0}},
                         .logits = &m_memory.logits};
    Result<void> done;
    {
        StepTurn turn(*m_state.engine, stop);
        done = forward_mtp(m_state.engine->ops(), turn.backend(), of_block);
    }
    if (done) {
        done = m_state.check_mapping();
    }
    if (!done) {
        return done.error();
    }
    drafts.n_ready = n_past();
    m_row = 0;
    return wanted ? most_probable(logits()) : next;
}

bool SessionState::take_draft(int32_t id, bool goes_on, Stats& stats)
{
    if (!m_drafts || !m_drafts->ahead) {
        return false;
    }
    const bool right = *m_drafts->ahead == id;
    m_drafts->ahead.reset();
    *stats.n_accepted += right ? 1 : 0;
    if (!right || !goes_on) { // the last token of an answer is never computed, drafted or not
        m_recorder.leave_out(1);
        return false;
    }
    m_cache.extend(1);
    m_ids.push_back(id);
    m_row = 1;
    return true;
}

Result<void> SessionState::step_with_draft(const GenerateRequest& request, int32_t id, Stats& stats)
{
    if (!m_drafts) {
        return step({&id, 1}, 1);
    }
    // The token after this one must not be the last, and has to leave room for one more.
    const bool useful =
        n_past() + 2 < n_ctx() && (request.max_tokens < 0 || stats.n_generated + 1 < request.max_tokens);
    const auto guess = predict(id, useful);
    if (!guess) {
        return guess.error();
    }
    if (!useful) {
        return step({&id, 1}, 1);
    }
    const int32_t ids[] = {id, *guess};
    if (auto done = step(ids, 2); !done) {
        return done;
    }
    truncate(n_past() - 1); // until the sampler takes the guess its row is not part of the sequence
    m_drafts->ahead = *guess;
    ++*stats.n_drafted;
    return {};
}

} // namespace conclave
