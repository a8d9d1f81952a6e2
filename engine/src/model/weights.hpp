#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "conclave/kv_type.hpp"
#include "conclave/result.hpp"
#include "conclave/stage.hpp"
#include "ops/op_table.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

/// How a mixer's result meets the residual stream. Every op of the table adds to it after its own RMSNorm.
enum class ResidualPolicy { pre_norm_add };

using TokenMixer = std::variant<ConclaveMlaWeights, ConclaveGqaWeights>;
using ChannelMixer = std::variant<ConclaveMlpWeights, ConclaveMoeWeights>;

/// A layer as data: residual policy × token mixer × channel mixer. A family's quirks end here.
struct Layer {
    ResidualPolicy residual = ResidualPolicy::pre_norm_add;
    TokenMixer token_mixer;
    ChannelMixer channel_mixer;

    bool routes() const { return std::holds_alternative<ConclaveMoeWeights>(channel_mixer); }
};

/// A block of multi-token prediction: from what the model made of a position and the token that came after it, one more
/// layer makes the logits of the token after that. Source: DeepSeek-V3 technical report, section 2.2.
struct MtpBlock {
    ConclaveMtpWeights mix{};
    Layer layer;                             ///< with rows of its own in the cache
    const float* shared_head_norm = nullptr; ///< [hidden]
    ConclaveMatrix shared_head{};            ///< [n_vocab, hidden]; the model's own unless the file has another
};

/// Positions a page of the cache holds.
constexpr int cache_page_rows = 64;
/// Rows of branches that a session left, which it keeps on the host at most.
constexpr int max_branch_rows = 4096;
/// Floats a row of this mixer's cache takes.
int cache_row_width(const TokenMixer& mixer);

/// What is made at load (norms as aligned floats, the split kv_b, rope tables, where experts lie, experts put together
/// anew): owned here, counted by the plan.
class DerivedTensors
{
public:
    std::span<float> add(int64_t n);
    std::span<const void*> add_parts(int64_t n);
    std::span<uint8_t> add_bytes(int64_t n);
    uint64_t bytes() const { return m_bytes; }

private:
    std::vector<std::unique_ptr<float[]>> m_arrays;
    std::vector<std::unique_ptr<const void*[]>> m_parts;
    std::vector<std::unique_ptr<uint8_t[]>> m_blocks;
    uint64_t m_bytes = 0;
};

/// All weights of a model: views into the mapped file, and what was derived from it.
struct Weights {
    ConclaveMatrix embedding{};         ///< [n_vocab, hidden]
    ConclaveMatrix output{};            ///< [n_vocab, hidden]; the embedding when tied
    const float* output_norm = nullptr; ///< [hidden]
    float rms_norm_eps = 0;
    int hidden = 0;
    int n_vocab = 0;
    std::vector<Layer> layers;
    DerivedTensors derived;
    DerivedTensors mtp_derived;
    std::optional<MtpBlock> mtp; ///< what drafts tokens; read by sessions that draft, and by nobody else
};

/// The layers that have rows in a cache: the model's and, of a session that drafts, that of the block, which there is.
size_t n_cached_layers(const Weights& weights, bool drafts);
const Layer& cached_layer(const Weights& weights, size_t index);
/// Bytes of the cache of one sequence of n_ctx tokens, whole pages.
uint64_t cache_bytes(const Weights& weights, int n_ctx, bool drafts = false, KvType kv = KvType::f32);
/// The type of a cache as tensors have it.
DType cache_dtype(KvType kv);
/// Bytes of one cached row.
int64_t cache_row_bytes(const TokenMixer& mixer, KvType kv);
/// Bytes of cached rows that computing a token reads when n_positions are seen, its own among them; fewer in a layer
/// with a window.
uint64_t cache_bytes_read(const Weights& weights, int n_positions, KvType kv);
/// Errors: unsupported when a part of a row, a head or a latent, does not end with the blocks of the type; of a session
/// that drafts those of the block too.
Result<void> check_cache(const Weights& weights, bool drafts, KvType kv);

/// What the weights amount to. Experts that a token does not use, and embedding rows other than its own, are not
/// active.
struct WeightTotals {
    uint64_t n_params = 0;
    uint64_t n_params_active = 0;
    PerStage active_bytes{}; ///< read to compute one token
};
WeightTotals count_weights(const Weights& weights);
/// Parameters of the block alone, which there is.
uint64_t count_mtp_params(const Weights& weights);

/// The largest shapes these weights will ask a backend for.
ConclaveLimits backend_limits(const Weights& weights, int max_rows, int max_positions, int max_vocab_rows,
                              bool drafts = false);

} // namespace conclave
