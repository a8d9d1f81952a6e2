#include "generate/session_state.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace conclave
{

namespace
{

int32_t backend_mode(MlaMode mode)
{
    switch (mode) {
    case MlaMode::naive:
        return conclave_mla_naive;
    case MlaMode::absorbed:
        return conclave_mla_absorbed;
    case MlaMode::automatic:
        break;
    }
    return conclave_mla_auto;
}

int kernel_class(int n_rows)
{
    return n_rows == 1 ? 0 : n_rows < 32 ? 1 : 2;
}

} // namespace

int max_step_rows(const SessionOptions& options)
{
    return std::max(options.prefill_chunk, 1 + options.n_draft);
}

Result<SessionMemory> SessionMemory::allocate(const ModelState& model, const SessionOptions& options)
{
    const OpPlace place = model.engine->place();
    const int max_rows = max_step_rows(options);
    auto cache = KvCache::create(model.weights, options.n_ctx, place, options.n_draft > 0, options.kv);
    if (!cache) {
        return cache.error();
    }
    auto recorder = TraceRecorder::create(model.info, max_rows, options.trace, place);
    if (!recorder) {
        return recorder.error();
    }
    const auto hidden = static_cast<uint64_t>(model.weights.hidden);
    auto x = OpMemory::allocate(place, static_cast<uint64_t>(max_rows) * hidden * sizeof(float));
    if (!x) {
        return x.error();
    }
    const auto n_logits = static_cast<uint64_t>(1 + options.n_draft) * static_cast<uint64_t>(model.info.n_vocab);
    auto logits = OpOutput::allocate(place, n_logits * sizeof(float));
    if (!logits) {
        return logits.error();
    }
    SessionMemory memory{*std::move(cache), *std::move(recorder), *std::move(x), *std::move(logits), {}};
    if (options.n_draft > 0) {
        auto routes = TraceRecorder::create(model.info, max_rows, false, place);
        if (!routes) {
            return routes.error();
        }
        memory.mtp_routes = *std::move(routes);
    }
    return memory;
}

SessionState::SessionState(std::shared_ptr<const Model> model, const SessionOptions& options, SessionMemory memory)
    : m_model(std::move(model)), m_state(*m_model->state()), m_options(options), m_memory(std::move(memory)),
      m_branches(m_state.engine->place().device ? 0 : std::min(options.n_ctx, max_branch_rows)),
      m_sampler(m_state.info.n_vocab, max_top_alternatives, m_cache.capacity(), m_state.tokenizer.get())
{
    const auto rows = static_cast<size_t>(max_step_rows(options));
    if (options.n_draft > 0) {
        m_drafts.emplace(rows);
    }
    m_ids.reserve(static_cast<size_t>(m_cache.capacity()));
    m_text.reserve(256);
    m_sequence.resize(rows);
    m_position.resize(rows);
    m_rows.resize(rows);
}

int64_t SessionState::since_start() const
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - m_start).count();
}

void SessionState::truncate(int length)
{
    m_cache.truncate(length);
    m_ids.resize(static_cast<size_t>(length));
    if (m_drafts) {
        m_drafts->n_ready = std::min(m_drafts->n_ready, length);
    }
}

std::span<float> SessionState::logits() const
{
    const auto n_vocab = static_cast<size_t>(m_state.info.n_vocab);
    return {m_memory.logits.here<float>() + static_cast<size_t>(m_row) * n_vocab, n_vocab};
}

ForwardStep SessionState::forward_step(const ConclaveBatch& batch, const std::stop_token& stop)
{
    const auto n_x = static_cast<size_t>(max_step_rows(m_options)) * static_cast<size_t>(m_state.weights.hidden);
    return {.weights = m_state.weights,
            .batch = batch,
            .cache = m_cache,
            .mla_mode = backend_mode(m_options.mla),
            .recorder = m_recorder,
            .x = {m_memory.x.as<float>(), n_x},
            .stop = stop,
            .logits = &m_memory.logits};
}

Result<void> SessionState::check_ids(std::span<const int32_t> ids) const
{
    const int n_vocab = m_state.info.n_vocab;
    for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] >= n_vocab) {
            return Error{ErrorCode::invalid_argument,
                         "token " + std::to_string(i) + " has the id " + std::to_string(ids[i]) +
                             ", outside this model's vocabulary of " + std::to_string(n_vocab)};
        }
    }
    return {};
}

Result<void> SessionState::step(std::span<const int32_t> ids, int n_logits, const std::stop_token& stop,
                                const std::function<void(size_t)>& after_layer)
{
    m_n_rows = static_cast<int>(ids.size());
    const int first = m_cache.length();
    for (int i = 0; i < m_n_rows; ++i) {
        const auto at = static_cast<size_t>(i);
        m_position[at] = first + i;
        m_rows[at] = {first + i, ids[at]};
    }
    const ConclaveBatch batch{sizeof batch, m_n_rows, m_sequence.data(), m_position.data(), ids.data()};
    ForwardStep whole = forward_step(batch, stop);
    const int32_t last[] = {m_n_rows - 2, m_n_rows - 1};
    whole.logits_of = std::span(last).last(static_cast<size_t>(n_logits));
    m_row = 0;
    if (m_drafts) {
        m_drafts->x_first = first;
    }
    if (m_n_rows == 1) { // every token of an answer is the same step
        whole.key = m_step_key + (n_logits > 0 ? 1 : 0);
    }
    m_stage_ns = {};
    if (!m_state.engine->place().device) { // which computes while the host goes on
        whole.stage_ns = &m_stage_ns;
        whole.after_layer = after_layer;
    }
    Result<void> done;
    {
        StepTurn turn(*m_state.engine, stop);
        const Clock::time_point begin = Clock::now();
        done = forward(m_state.engine->ops(), turn.backend(), whole);
        m_step_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
    }
    if (done) {
        done = m_state.check_mapping(); // rows computed from pages that are gone are not kept
    }
    if (!done) {
        m_cache.truncate(first);
        return done;
    }
    m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    return {};
}

StepTrace SessionState::describe_step(Phase phase, int n_done, int n_total) const
{
    StepTrace trace;
    trace.phase = phase;
    trace.kernel_class = kernel_class(m_n_rows);
    // A token of an answer is one row, also when its draft is in the same step.
    const int begin = phase == Phase::decode ? m_row : 0, n = phase == Phase::decode ? 1 : m_n_rows;
    trace.rows = std::span(m_rows).subspan(static_cast<size_t>(begin), static_cast<size_t>(n));
    trace.n_done = n_done;
    trace.n_total = n_total;
    trace.t_ns = since_start();
    trace.duration_ns = begin == 0 ? m_step_ns : 0;
    if (!m_state.engine->place().device) {
        trace.stage_ns = begin == 0 ? m_stage_ns : PerStage{};
    }
    m_recorder.describe(trace, begin, n);
    return trace;
}

Result<void> SessionState::score(std::span<const int32_t> ids, ScoreSink& sink, const std::stop_token& stop)
{
    if (auto valid = check_ids(ids); !valid) {
        return valid;
    }
    if (ids.size() > static_cast<size_t>(n_ctx())) {
        return Error{ErrorCode::context_full, std::to_string(ids.size()) + " tokens do not fit a context of " +
                                                  std::to_string(n_ctx()) +
                                                  "; score fewer, or ask for a longer context"};
    }
    truncate(0);
    m_recorder.clear_counts();
    m_start = Clock::now();
    const uint64_t n_logits = static_cast<uint64_t>(score_rows) * static_cast<uint64_t>(m_state.info.n_vocab);
    auto logits = OpOutput::allocate(m_state.engine->place(), n_logits * sizeof(float));
    if (!logits) {
        return logits.error();
    }
    m_memory.logits = *std::move(logits);
    for (size_t at = 0; at < ids.size(); at += static_cast<size_t>(m_n_rows)) {
        if (stop.stop_requested()) {
            return Error{ErrorCode::cancelled, "scoring was cancelled after " + std::to_string(at) + " tokens"};
        }
        const auto n = std::min(ids.size() - at, static_cast<size_t>(m_options.prefill_chunk));
        if (auto done = score_rows_of(ids.subspan(at, n), sink); !done) {
            return done;
        }
        if (m_drafts) { // so that an answer may go on from what was scored
            if (auto followed = predict(ids[std::min(at + n, ids.size() - 1)], false); !followed) {
                return followed.error();
            }
        }
        sink.on_step(describe_step(Phase::prefill, n_past(), static_cast<int>(ids.size())));
    }
    return {};
}

Result<void> SessionState::score_rows_of(std::span<const int32_t> ids, ScoreSink& sink)
{
    const int first = n_past();
    if (auto done = step(ids, 0); !done) {
        return done;
    }
    const auto n_vocab = static_cast<size_t>(m_state.info.n_vocab);
    const ConclaveBatch batch{sizeof batch, m_n_rows, m_sequence.data(), m_position.data(), ids.data()};
    ForwardStep rows_of_it = forward_step(batch);
    for (int row = 0; row < m_n_rows; row += score_rows) {
        int32_t rows[score_rows];
        const int n = std::min(score_rows, m_n_rows - row);
        for (int i = 0; i < n; ++i) {
            rows[i] = row + i;
        }
        Result<void> done;
        {
            StepTurn turn(*m_state.engine);
            rows_of_it.logits_of = {rows, static_cast<size_t>(n)};
            done = head(m_state.engine->ops(), turn.backend(), rows_of_it);
        }
        if (done) {
            done = m_state.check_mapping();
        }
        if (!done) {
            truncate(first);
            return done;
        }
        for (int i = 0; i < n; ++i) {
            sink.on_logits(first + row + i,
                           {m_memory.logits.here<float>() + static_cast<size_t>(i) * n_vocab, n_vocab});
        }
    }
    return {};
}

} // namespace conclave
