#include "model/weights.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace conclave
{

int cache_row_width(const TokenMixer& mixer)
{
    if (const auto* gqa = std::get_if<ConclaveGqaWeights>(&mixer)) {
        return 2 * gqa->n_head_kv * gqa->head_dim;
    }
    const auto& mla = std::get<ConclaveMlaWeights>(mixer);
    return mla.kv_lora_rank + mla.qk_rope_head_dim;
}

size_t n_cached_layers(const Weights& weights, bool drafts)
{
    return weights.layers.size() + (drafts ? 1 : 0);
}

const Layer& cached_layer(const Weights& weights, size_t index)
{
    return index < weights.layers.size() ? weights.layers[index] : weights.mtp.value().layer;
}

DType cache_dtype(KvType kv)
{
    constexpr DType types[] = {DType::F32, DType::F16, DType::BF16, DType::Q8_0};
    return types[static_cast<size_t>(kv)];
}

int64_t cache_row_bytes(const TokenMixer& mixer, KvType kv)
{
    const DTypeInfo& type = *dtype_info(cache_dtype(kv));
    return cache_row_width(mixer) / type.block_size * type.block_bytes;
}

uint64_t cache_bytes(const Weights& weights, int n_ctx, bool drafts, KvType kv)
{
    const int64_t n_pages = (n_ctx + cache_page_rows - 1) / cache_page_rows;
    uint64_t bytes = 0;
    for (size_t i = 0; i < n_cached_layers(weights, drafts); ++i) {
        bytes += static_cast<uint64_t>(n_pages * cache_page_rows *
                                       cache_row_bytes(cached_layer(weights, i).token_mixer, kv));
    }
    return bytes;
}

uint64_t cache_bytes_read(const Weights& weights, int n_positions, KvType kv)
{
    uint64_t bytes = 0;
    for (const Layer& layer : weights.layers) {
        const auto* gqa = std::get_if<ConclaveGqaWeights>(&layer.token_mixer);
        const int n_seen = gqa && gqa->window > 0 ? std::min(gqa->window, n_positions) : n_positions;
        bytes += static_cast<uint64_t>(n_seen * cache_row_bytes(layer.token_mixer, kv));
    }
    return bytes;
}

Result<void> check_cache(const Weights& weights, bool drafts, KvType kv)
{
    const int block = dtype_info(cache_dtype(kv))->block_size;
    for (size_t i = 0; i < n_cached_layers(weights, drafts); ++i) {
        const TokenMixer& mixer = cached_layer(weights, i).token_mixer;
        const auto* gqa = std::get_if<ConclaveGqaWeights>(&mixer);
        const auto* mla = std::get_if<ConclaveMlaWeights>(&mixer);
        const int part = gqa ? gqa->head_dim : std::gcd(mla->kv_lora_rank, mla->qk_rope_head_dim);
        if (part % block != 0) {
            return Error{ErrorCode::unsupported, "a cache in " + std::string(kv_type_name(kv)) + " has blocks of " +
                                                     std::to_string(block) +
                                                     " values, which do not fit this model's parts of " +
                                                     std::to_string(part) + "; choose f16"};
        }
    }
    return {};
}

std::span<float> DerivedTensors::add(int64_t n)
{
    m_bytes += static_cast<uint64_t>(n) * sizeof(float); // first: an allocation that fails is told with its bytes
    m_arrays.push_back(std::make_unique_for_overwrite<float[]>(static_cast<size_t>(n)));
    return {m_arrays.back().get(), static_cast<size_t>(n)};
}

std::span<uint8_t> DerivedTensors::add_bytes(int64_t n)
{
    m_bytes += static_cast<uint64_t>(n);
    m_blocks.push_back(std::make_unique_for_overwrite<uint8_t[]>(static_cast<size_t>(n)));
    return {m_blocks.back().get(), static_cast<size_t>(n)};
}

std::span<const void*> DerivedTensors::add_parts(int64_t n)
{
    m_parts.push_back(std::make_unique<const void*[]>(static_cast<size_t>(n)));
    m_bytes += static_cast<uint64_t>(n) * sizeof(void*);
    return {m_parts.back().get(), static_cast<size_t>(n)};
}

namespace
{

void widen(ConclaveLimits& limits, const ConclaveMlaWeights& mla)
{
    limits.n_head = std::max(limits.n_head, mla.n_head);
    limits.max_head_dim = std::max({limits.max_head_dim, mla.qk_nope_head_dim + mla.qk_rope_head_dim, mla.v_head_dim});
    limits.kv_lora_rank = std::max(limits.kv_lora_rank, mla.kv_lora_rank);
    limits.q_lora_rank = std::max(limits.q_lora_rank, mla.q_lora_rank);
}

void widen(ConclaveLimits& limits, const ConclaveGqaWeights& gqa)
{
    limits.n_head = std::max(limits.n_head, gqa.n_head);
    limits.n_head_kv = std::max(limits.n_head_kv, gqa.n_head_kv);
    limits.max_head_dim = std::max(limits.max_head_dim, gqa.head_dim);
}

void widen(ConclaveLimits& limits, const ConclaveMlpWeights& mlp)
{
    limits.max_intermediate = std::max(limits.max_intermediate, static_cast<int32_t>(mlp.gate.n_rows));
}

void widen(ConclaveLimits& limits, const ConclaveMoeWeights& moe)
{
    limits.max_expert_intermediate =
        std::max({limits.max_expert_intermediate, static_cast<int32_t>(moe.gate_exps.n_rows),
                  static_cast<int32_t>(moe.gate_shexp.n_rows)});
    limits.n_experts = std::max(limits.n_experts, moe.n_experts);
    limits.n_experts_used = std::max(limits.n_experts_used, moe.n_experts_used);
}

class Counter
{
public:
    WeightTotals totals;
    Stage stage = Stage::embed; ///< of what is counted

    void read(uint64_t n_bytes) { totals.active_bytes[static_cast<size_t>(stage)] += static_cast<int64_t>(n_bytes); }
    /// `used` of `of` equal parts are active.
    void part(const ConclaveMatrix& matrix, int64_t used, int64_t of)
    {
        if (!matrix.data) {
            return;
        }
        const auto rows = static_cast<uint64_t>(matrix.n_rows) * static_cast<uint64_t>(matrix.n_matrices);
        const auto active_rows = rows * static_cast<uint64_t>(used) / static_cast<uint64_t>(of);
        totals.n_params += rows * static_cast<uint64_t>(matrix.n_cols);
        totals.n_params_active += active_rows * static_cast<uint64_t>(matrix.n_cols);
        read(active_rows * static_cast<uint64_t>(matrix.row_bytes));
    }
    void whole(const ConclaveMatrix& matrix) { part(matrix, 1, 1); }
    void floats(int64_t n)
    {
        totals.n_params += static_cast<uint64_t>(n);
        totals.n_params_active += static_cast<uint64_t>(n);
        read(static_cast<uint64_t>(n) * sizeof(float));
    }
    void mixer(const ConclaveMlaWeights& mla)
    {
        stage = Stage::attention_mla;
        for (const ConclaveMatrix* matrix : {&mla.q, &mla.q_a, &mla.q_b, &mla.kv_a, &mla.k_b, &mla.v_b, &mla.o}) {
            whole(*matrix);
        }
        floats(mla.hidden + mla.q_lora_rank + mla.kv_lora_rank);
    }
    void mixer(const ConclaveGqaWeights& gqa)
    {
        stage = Stage::attention_gqa;
        for (const ConclaveMatrix* matrix : {&gqa.q, &gqa.k, &gqa.v, &gqa.o}) {
            whole(*matrix);
        }
        const int q_width = gqa.n_head * gqa.head_dim, kv_width = gqa.n_head_kv * gqa.head_dim;
        const bool by_row = gqa.qk_norm == conclave_qk_norm_row;
        floats(gqa.hidden + (gqa.q_bias ? q_width : 0) + (gqa.k_bias ? kv_width : 0) + (gqa.v_bias ? kv_width : 0));
        floats((gqa.o_bias ? gqa.hidden : 0) + (gqa.sinks ? gqa.n_head : 0));
        floats(gqa.q_norm ? by_row ? q_width + kv_width : 2 * gqa.head_dim : 0);
    }
    void mixer(const ConclaveMlpWeights& mlp)
    {
        stage = Stage::mlp;
        for (const ConclaveMatrix* matrix : {&mlp.gate, &mlp.up, &mlp.down}) {
            whole(*matrix);
        }
        floats(mlp.hidden);
    }
    void mixer(const ConclaveMoeWeights& moe)
    {
        stage = Stage::moe;
        for (const ConclaveMatrix* matrix : {&moe.gate_exps, &moe.up_exps, &moe.down_exps}) {
            part(*matrix, moe.n_experts_used, moe.n_experts);
        }
        for (const ConclaveMatrix* matrix :
             {&moe.router, &moe.gate_shexp, &moe.up_shexp, &moe.down_shexp, &moe.shexp_gate}) {
            whole(*matrix);
        }
        floats(moe.hidden + (moe.bias ? moe.n_experts : 0) + (moe.router_bias ? moe.n_experts : 0));
        if (moe.gate_exps_bias) {
            const int64_t each = 2 * moe.gate_exps.n_rows + moe.hidden;
            floats(moe.n_experts_used * each);
            totals.n_params += static_cast<uint64_t>((moe.n_experts - moe.n_experts_used) * each);
        }
    }
};

} // namespace

WeightTotals count_weights(const Weights& weights)
{
    Counter counter;
    const bool tied = weights.embedding.data == weights.output.data;
    counter.stage = tied ? Stage::head : Stage::embed;
    counter.part(weights.embedding, tied ? weights.n_vocab : 1, weights.n_vocab);
    counter.stage = Stage::head;
    if (!tied) {
        counter.whole(weights.output);
    }
    counter.floats(weights.hidden);
    for (const Layer& layer : weights.layers) {
        std::visit([&](const auto& mixer) { counter.mixer(mixer); }, layer.token_mixer);
        std::visit([&](const auto& mixer) { counter.mixer(mixer); }, layer.channel_mixer);
    }
    return counter.totals;
}

uint64_t count_mtp_params(const Weights& weights)
{
    const MtpBlock& mtp = weights.mtp.value();
    Counter counter;
    if (mtp.mix.embedding.data != weights.embedding.data) {
        counter.part(mtp.mix.embedding, 1, weights.n_vocab);
    }
    if (mtp.shared_head.data != weights.output.data) {
        counter.whole(mtp.shared_head);
    }
    counter.whole(mtp.mix.eh_proj);
    counter.floats(3 * weights.hidden);
    std::visit([&](const auto& mixer) { counter.mixer(mixer); }, mtp.layer.token_mixer);
    std::visit([&](const auto& mixer) { counter.mixer(mixer); }, mtp.layer.channel_mixer);
    return counter.totals.n_params;
}

ConclaveLimits backend_limits(const Weights& weights, int max_rows, int max_positions, int max_vocab_rows, bool drafts)
{
    ConclaveLimits limits{};
    limits.size = sizeof limits;
    limits.max_rows = max_rows;
    limits.max_positions = max_positions;
    limits.max_vocab_rows = max_vocab_rows;
    limits.hidden = weights.hidden;
    limits.with_mtp = drafts;
    for (size_t i = 0; i < n_cached_layers(weights, drafts); ++i) {
        const Layer& layer = cached_layer(weights, i);
        std::visit([&](const auto& mixer) { widen(limits, mixer); }, layer.token_mixer);
        std::visit([&](const auto& mixer) { widen(limits, mixer); }, layer.channel_mixer);
    }
    return limits;
}

} // namespace conclave
