#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conclave/session.hpp"
#include "conclave/utf8_stream.hpp"
#include "generate/branch_shelf.hpp"
#include "generate/forward.hpp"
#include "generate/kv_cache.hpp"
#include "generate/sampler.hpp"
#include "generate/trace_recorder.hpp"
#include "model/model_state.hpp"
#include "text/grammar/grammar_constraint.hpp"
#include "text/grammar/token_trie.hpp"
#include "text/stop_strings.hpp"

namespace conclave
{

constexpr int max_prefill_chunk = 512;
constexpr int max_top_alternatives = 64;

/// The memory of a session, where ops compute.
struct SessionMemory {
    /// Errors: out_of_memory.
    static Result<SessionMemory> allocate(const ModelState& model, const SessionOptions& options);

    KvCache cache;
    TraceRecorder recorder;
    OpMemory x;      ///< [prefill_chunk, hidden]
    OpOutput logits; ///< [n_vocab]; [score_rows, n_vocab] once something was scored
};

/// What is behind a Session. Every buffer is sized at creation, so that a step and a token allocate nothing.
class SessionState
{
public:
    SessionState(std::shared_ptr<const Model> model, const SessionOptions& options, SessionMemory memory);

    Result<Stats> generate(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop);
    Result<void> score(std::span<const int32_t> ids, ScoreSink& sink, const std::stop_token& stop);
    int n_ctx() const { return m_cache.capacity(); }
    int n_past() const { return m_cache.length(); }
    const ModelInfo& model_info() const { return m_state.info; }
    void truncate(int length);

private:
    using Clock = std::chrono::steady_clock;

    Result<void> check(const GenerateRequest& request) const;
    Result<void> check_ids(std::span<const int32_t> ids) const;
    int reuse_prefix(std::span<const int32_t> prompt);
    /// Computes `ids` at the end of the sequence; with `with_logits` the last one's logits too.
    /// Errors: what forward refuses; cancelled once `stop` is requested, and then nothing of it stays.
    Result<void> step(std::span<const int32_t> ids, bool with_logits, const std::stop_token& stop = {});
    ForwardStep forward_step(const ConclaveBatch& batch, const std::stop_token& stop = {});
    Result<void> score_rows_of(std::span<const int32_t> ids, ScoreSink& sink);
    StepTrace describe_step(Phase phase, int n_done, int n_total) const;
    Result<bool> prefill(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop);
    Result<void> decode(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop, Stats& stats);
    /// [n_vocab] of the last row computed.
    std::span<float> logits() const;
    Result<void> check_logits() const;
    /// Samples, reports; true when the answer ended with it.
    Result<bool> next_token(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop, Stats& stats,
                            int32_t& id);
    Result<void> begin_grammar(const std::string& gbnf);
    Result<Sampled> sample();
    std::string_view text_of(int32_t id, bool ends, bool last);
    int64_t since_start() const;

    const std::shared_ptr<const Model> m_model;
    const ModelState& m_state;
    const SessionOptions m_options;
    SessionMemory m_memory;
    KvCache& m_cache = m_memory.cache;
    TraceRecorder& m_recorder = m_memory.recorder;
    std::vector<int32_t> m_ids; ///< of the cached rows
    BranchShelf m_branches;
    Sampler m_sampler;
    Utf8Stream m_utf8;
    StopStrings m_stop;
    std::unique_ptr<TokenTrie> m_trie;            ///< made when a grammar is first asked for
    std::unique_ptr<GrammarConstraint> m_grammar; ///< of this answer; null: none
    std::string m_text;

    std::vector<int32_t> m_sequence, m_position; ///< [prefill_chunk]
    std::vector<TraceRow> m_rows;
    const uint64_t m_step_key = m_state.engine->new_step_key(); ///< without logits; one more: with them
    int m_n_rows = 0;
    Clock::time_point m_start;
    int64_t m_step_ns = 0;
    PerStage m_stage_ns{}; ///< of the last step
};

} // namespace conclave
