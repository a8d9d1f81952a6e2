#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/chat.hpp"
#include "conclave/device.hpp"
#include "conclave/result.hpp"
#include "conclave/stage.hpp"

namespace conclave
{

enum class Phase : uint8_t { prefill, decode };

/// One row of a forward step: one token of one sequence.
struct TraceRow {
    int32_t position = 0;
    int32_t token = 0;
};

/// What one forward step did. Views are valid during the call; all arrays are row-major and cover MoE layers only, in
/// the order of ModelInfo::moe_layers. Every value is the router's own: the experts that ran are these.
struct StepTrace {
    Phase phase = Phase::decode;
    int kernel_class = 0;           ///< 0: one row, 1: 2 to 31, 2: 32 and more
    std::span<const TraceRow> rows; ///< [n_rows]
    int n_moe_layers = 0;
    int k = 0;                        ///< experts used per token
    int n_done = 0;                   ///< prompt tokens in the cache after this step
    int n_total = 0;                  ///< prompt tokens of this request
    std::span<const uint16_t> ids;    ///< [n_rows, n_moe_layers, k], by descending selection score
    std::span<const float> weights;   ///< [n_rows, n_moe_layers, k], as multiplied onto the expert's output
    std::span<const float> margins;   ///< [n_rows, n_moe_layers], selection score of the last chosen minus the best not
                                      ///< chosen among open groups; infinite when all were chosen
    std::span<const uint32_t> groups; ///< [n_rows, n_moe_layers], bit g set when group g was open
    std::span<const float> group_margins; ///< [n_rows, n_moe_layers], group score of the worst open group minus the
                                          ///< best closed one; infinite when none is closed. Not recorded.
    int64_t t_ns = 0;                     ///< end of the step, since generate was called
    int64_t duration_ns = 0; ///< of the layers; 0 for a draft that came true: it was the second row of the step before
    std::optional<PerStage> stage_ns; ///< of duration_ns; absent on a device, which computes while the host goes on
};

/// Everything a reader needs to interpret a trace, written first. Reaches disk.
struct TraceHeader {
    std::string model_name, architecture, file_hash, quant, kernels, routing_rule, routing_rule_source, app_version;
    std::vector<int32_t> moe_layers;
    int n_layers = 0, n_experts = 0, n_experts_used = 0, n_shared_experts = 0, n_group = 1, topk_group = 1, n_vocab = 0;
    float temperature = 0, top_p = 1, min_p = 0, repetition_penalty = 1;
    int top_k = 0;
    uint64_t seed = 0;
    int64_t unix_ms = 0;  ///< wall clock at the start of the run
    std::string samplers; ///< what else the run was sampled with, "name=value" with blanks between; empty: nothing
    std::string kv;       ///< kv_type_name of the cache; empty in files of before there was a choice
};

/// The prompt of the run: what was asked and how it was tokenised.
struct TracePrompt {
    std::vector<ChatMessage> messages; ///< roles and contents; calls of tools are in the file only as ids and pieces
    std::vector<int32_t> ids;
    std::vector<std::string> pieces; ///< text bytes of each id
    int n_cached = 0;                ///< leading ids that were not computed in this run
};

/// One token of a run as recorded. Routes are absent for tokens this run did not compute (cached, or the last one).
struct TraceToken {
    bool generated = false;
    int32_t position = 0;
    int32_t id = 0;
    std::string text; ///< the token's bytes
    std::optional<float> logprob, entropy;
    std::vector<std::pair<int32_t, float>> top;
    std::optional<int64_t> t_ns;
    bool has_routes = false;
    std::vector<uint16_t> ids;    ///< [n_moe_layers, k]
    std::vector<float> weights;   ///< [n_moe_layers, k]
    std::vector<float> margins;   ///< [n_moe_layers]
    std::vector<uint32_t> groups; ///< [n_moe_layers]
};

/// Totals, written last; a trace without it was cut short.
struct TraceEnd {
    std::string stop;
    int n_prompt = 0, n_cached = 0, n_generated = 0;
    double ttft_ms = 0;
    std::optional<double> prefill_tps, decode_tps;
    uint64_t sum_counts = 0;
};

struct TraceTelemetry {
    int64_t t_ns = 0; ///< since the run began
    DeviceSample sample;
};

/// Writes one run to an append-only *.ctr file; every record carries its length and CRC32C, so a torn tail loses only
/// what was not yet closed (256 tokens or one second). Not thread-safe.
class TraceWriter
{
public:
    static Result<TraceWriter> create(const std::filesystem::path& path, const TraceHeader& header);
    Result<void> prompt(const TracePrompt& prompt);
    /// Tokens in order of position; buffered until 256 are there or `flush` is called.
    Result<void> token(const TraceToken& token);
    Result<void> telemetry(const TraceTelemetry& telemetry);
    Result<void> flush();
    Result<void> end(const TraceEnd& end);

    TraceWriter(TraceWriter&&) noexcept;
    TraceWriter& operator=(TraceWriter&&) noexcept;
    ~TraceWriter();

private:
    struct State;
    explicit TraceWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// A whole recorded run. `complete` is false when the end record is missing: everything up to the last whole record is
/// here.
struct Trace {
    TraceHeader header;
    TracePrompt prompt;
    std::vector<TraceToken> tokens; ///< by position
    std::vector<TraceTelemetry> telemetry;
    std::optional<TraceEnd> end;
    bool complete = false;
};

/// Reads a trace, a damaged tail left out. Errors: io, or format when not even the header is whole.
Result<Trace> read_trace(const std::filesystem::path& path);

} // namespace conclave
