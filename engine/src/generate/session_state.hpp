#pragma once

#include <chrono>
#include <memory>
#include <optional>
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

/// Rows a step has at most: of the prompt, or a token and its draft.
int max_step_rows(const SessionOptions& options);

/// The memory of a session, where ops compute.
struct SessionMemory {
    /// Errors: out_of_memory.
    static Result<SessionMemory> allocate(const ModelState& model, const SessionOptions& options);

    KvCache cache;
    TraceRecorder recorder;
    OpMemory x;      ///< [max_step_rows, hidden]
    OpOutput logits; ///< [1 + n_draft, n_vocab]; [score_rows, n_vocab] once something was scored
    std::optional<TraceRecorder> mtp_routes; ///< where the block's router writes; nothing of it is drawn
};

/// Where a session that drafts stands. Each position has a row of the block of multi-token prediction in the cache,
/// made of what the model left of it in x and of the token that came after; so the block follows one token behind.
struct Drafts {
    explicit Drafts(size_t max_rows) : position(max_rows), token(max_rows) {}

    std::vector<int32_t> position, token; ///< [max_step_rows]
    int n_ready = 0;                      ///< positions whose row is there
    int x_first = 0;                      ///< position of the first row of x
    std::optional<int32_t> ahead;         ///< the guess that the last step computed as its second row
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
    /// Computes `ids` at the end of the sequence, and the logits of the last n_logits of them, at most 2.
    /// Errors: what forward refuses; cancelled once `stop` is requested, and then nothing of it stays.
    Result<void> step(std::span<const int32_t> ids, int n_logits, const std::stop_token& stop = {},
                      const std::function<void(size_t)>& after_layer = {});
    ForwardStep forward_step(const ConclaveBatch& batch, const std::stop_token& stop = {});
    Result<void> score_rows_of(std::span<const int32_t> ids, ScoreSink& sink);
    StepTrace describe_step(Phase phase, int n_done, int n_total) const;
    Result<bool> prefill(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop);
    Result<void> decode(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop, Stats& stats);
    /// Makes the block's rows of all positions that lack one, where `next` comes after the last; its guess of the token
    /// after `next` when that is wanted. Errors: those of step.
    Result<int32_t> predict(int32_t next, bool wanted, const std::stop_token& stop = {});
    /// Whether a guess was computed that `id` proves right; where the answer goes on it then joins the sequence, and
    /// its logits are the next ones.
    bool take_draft(int32_t id, bool goes_on, Stats& stats);
    /// The step of `id`, with a draft behind it where one can be of use.
    Result<void> step_with_draft(const GenerateRequest& request, int32_t id, Stats& stats);
    /// [n_vocab] of the row to sample from.
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
    std::optional<Drafts> m_drafts; ///< absent: this session does not draft
    int m_row = 0;                  ///< of the last step, the one to sample from: 1 for a draft that came true

    std::vector<int32_t> m_sequence, m_position; ///< [max_step_rows]
    std::vector<TraceRow> m_rows;
    const uint64_t m_step_key = m_state.engine->new_step_key(); ///< without logits; one more: with them
    int m_n_rows = 0;
    Clock::time_point m_start;
    int64_t m_step_ns = 0;
    PerStage m_stage_ns{}; ///< of the last step
};

} // namespace conclave
