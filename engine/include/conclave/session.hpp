#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "conclave/model.hpp"
#include "conclave/result.hpp"
#include "conclave/sampling.hpp"
#include "conclave/trace.hpp"

namespace conclave
{

struct GenerateRequest {
    std::vector<int32_t> prompt_ids = {}; ///< the whole context; what the session already holds of it is reused
    SamplerOptions sampler = {};
    int max_tokens = -1;                ///< -1: until the model ends or the context is full
    std::vector<std::string> stop = {}; ///< UTF-8; the answer ends before the first that becomes complete
    std::string grammar = {}; ///< GBNF that the whole answer fits; it ends when nothing can follow. Empty: none
    int n_top = 5;            ///< alternatives reported per token, at most 64
    int n_inspect = 0;        ///< tokens reported of each sampling stage, at most 64; 0: no report, and no cost
    bool ignore_end = false;  ///< go on after an end-of-generation token; for measuring speed
};

/// One sampled token. Views are valid during the call.
struct TokenEvent {
    int index = 0;    ///< 0 for the first generated token
    int position = 0; ///< its place in the context: matches TraceRow::position once the token is computed
    int32_t id = 0;
    std::string_view text; ///< UTF-8 that became complete with this token and is no stop string; may be empty
    float logprob = 0;
    float entropy = 0; ///< nats, of the model's own distribution at temperature 1
    std::span<const TokenAlternative> top;
    std::span<const SamplerReport> stages; ///< the model's own distribution, then what each stage that ran left; empty
                                           ///< unless GenerateRequest::n_inspect asks
    int64_t t_ns = 0;                      ///< since generate was called
};

/// end_of_text: the model ended the answer, or the grammar did.
enum class StopReason { end_of_text, max_tokens, context_full, stopped, stop_string };

/// Totals of one answer.
struct Stats {
    StopReason stop = StopReason::end_of_text;
    int n_prompt = 0; ///< tokens of the prompt
    int n_cached = 0; ///< of them reused from the session
    int n_generated = 0;
    double ttft_ms = 0;                ///< from the call to the first token
    std::optional<double> prefill_tps; ///< computed prompt tokens per second; absent when none was computed
    std::optional<double> decode_tps;  ///< absent below two tokens
    uint64_t seed = 0;
    uint64_t sum_counts = 0; ///< experts chosen over all rows and MoE layers: rows × k × MoE layers, checked; rows of
                             ///< drafts that did not come true are in no step and not in here
    std::optional<int> n_drafted;  ///< drafts that were put to the model; absent when the session does not draft
    std::optional<int> n_accepted; ///< of them those that it chose itself
};

/// Receives what a run produces, on the thread that called generate, in order.
class EventSink
{
public:
    virtual ~EventSink() = default;
    virtual void on_token(const TokenEvent& event) = 0;
    /// One forward step: a chunk of the prompt, or the row of one generated token (the last one is never computed).
    virtual void on_step(const StepTrace& step) = 0;
    /// How far the prompt was read, within a step too: after each layer of a long one, on the processor.
    virtual void on_progress(int /*n_done*/, int /*n_total*/) {}
};

/// Receives logits of scored tokens: `logits` [n_vocab] for each position, valid during the call.
class ScoreSink
{
public:
    virtual ~ScoreSink() = default;
    virtual void on_logits(int position, std::span<const float> logits) = 0;
    virtual void on_step(const StepTrace& step) = 0;
};

/// Which form of multi-head latent attention runs: chosen by row count unless a comparison asks for one.
enum class MlaMode { automatic, naive, absorbed };

struct SessionOptions {
    int n_ctx = 0;           ///< 0: the model's context length, at most 4,096
    int prefill_chunk = 512; ///< rows a step; a stopped step is thrown away
    MlaMode mla = MlaMode::automatic;
    KvType kv = KvType::f32; ///< on a device f32 only
    bool trace = true;       ///< off only to measure what recording costs
    /// Tokens that the model's block of multi-token prediction guesses ahead, 0 or 1. A step then computes the guess
    /// beside the token before it, and what the sampler takes from the model's own logits decides: an equal token comes
    /// without a step of its own, any other one as if nothing had been guessed. Tokens, events and the routes of
    /// steps are those of a session without, also under a seed, because each token is sampled once, in order, from the
    /// same numbers; the kernel class and the times of a step are its own.
    int n_draft = 0;
};

class SessionState;

/// One conversation's cache and sampler. Not thread-safe: one call at a time; sessions of one engine take turns by
/// step.
class Session
{
public:
    /// Errors: out_of_memory with bytes wanted and what to try; invalid_argument for a context the model cannot have;
    /// unsupported for a type of cache that its heads, or the device, cannot have; where drafts are asked for also
    /// unsupported, for a file without the block and on a device, and format, for one whose block is broken.
    static Result<Session> create(std::shared_ptr<const Model> model, SessionOptions options = {});
    /// Whether the model can have such a session, memory aside: the errors of create but out_of_memory.
    static Result<void> check(const Model& model, SessionOptions options);

    /// Computes what is new of the prompt, then samples until an end. Blocks. Errors: invalid_argument, context_full,
    /// those of check_grammar, and unsupported or invalid_argument where a grammar cannot be followed on. A stop
    /// request ends it with StopReason::stopped in the middle of a step of the prompt, which is thrown away, or within
    /// one token, two while text is held back that may be a stop string, so that none is lost; what was computed stays
    /// in the cache.
    Result<Stats> generate(const GenerateRequest& request, EventSink& sink, std::stop_token stop = {});
    /// Logits of every given token, in order; nothing is sampled.
    Result<void> score(std::span<const int32_t> ids, ScoreSink& sink, std::stop_token stop = {});

    int n_ctx() const;
    /// Tokens held in the cache.
    int n_past() const;
    void clear();

    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

private:
    explicit Session(std::unique_ptr<SessionState> state);
    std::unique_ptr<SessionState> m_state;
};

} // namespace conclave
