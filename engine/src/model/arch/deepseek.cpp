#include "model/arch/deepseek.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/arch/attention_width.hpp"
#include "model/arch/channel_mixer.hpp"
#include "model/arch/rope_keys.hpp"
#include "model/arch/routed_experts.hpp"
#include "model/key_reader.hpp"
#include "model/rope.hpp"
#include "ops/rope.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

void read_attention(KeyReader& keys, Config& config)
{
    config.num_attention_heads = keys.required("attention.head_count", 1, max_heads);
    config.q_lora_rank = keys.optional("attention.q_lora_rank", 0, 0, max_dimension);
    config.kv_lora_rank = keys.required("attention.kv_lora_rank", 1, conclave_max_mla_width);
    config.qk_rope_head_dim = keys.required("rope.dimension_count", 2, max_rope_dims);
    config.rotary_dim = config.qk_rope_head_dim;
    // Files since 2025 give the sizes of the latent under key_length and those of a head under *_mla.
    const bool split_keys = keys.has("attention.key_length_mla");
    const int key_length =
        keys.required(split_keys ? "attention.key_length_mla" : "attention.key_length", 1, max_dimension);
    config.v_head_dim =
        keys.required(split_keys ? "attention.value_length_mla" : "attention.value_length", 1, max_dimension);
    config.qk_nope_head_dim = key_length - config.qk_rope_head_dim;
    if (config.qk_nope_head_dim > conclave_max_mla_width) {
        keys.fail("a head of " + std::to_string(key_length) + " values, " + std::to_string(config.qk_rope_head_dim) +
                  " of them rotated, has more than " + std::to_string(conclave_max_mla_width) +
                  " others; the file is damaged or newer than this program");
    }
    check_attention_width(keys, config.num_attention_heads, std::max(key_length, config.v_head_dim));
    if (config.qk_nope_head_dim < 1 || config.qk_rope_head_dim % 2 != 0) {
        keys.fail("a head of " + std::to_string(key_length) + " values cannot hold a rotated part of " +
                  std::to_string(config.qk_rope_head_dim) + "; convert the model again");
    }
}

/// A float matrix for every head.
ConclaveMatrix per_head(std::span<const float> values, int64_t heads, int64_t n_rows, int64_t n_cols)
{
    const int64_t row_bytes = n_cols * static_cast<int64_t>(sizeof(float));
    return {values.data(),     static_cast<int32_t>(DType::F32), static_cast<int32_t>(heads), n_rows, n_cols, row_bytes,
            row_bytes * n_rows};
}

/// k_b as n_head × [kv_lora_rank, nope] and v_b as n_head × [v_head_dim, kv_lora_rank] from kv_b, whose rows per head
/// are nope of the key, then v_head_dim of the value. The key's part is transposed, so it has to be decoded; the
/// value's part stays a view, unless it is FP8, whose blocks of scales need not begin where a head does.
void split_kv_b(TensorSource& tensors, const Config& config, int layer, ConclaveMlaWeights& mla)
{
    const int64_t nope = config.qk_nope_head_dim, v = config.v_head_dim, rank = config.kv_lora_rank,
                  heads = config.num_attention_heads;
    const ConclaveMatrix kv_b = tensors.matrix(block(layer, "attn_kv_b.weight"), heads * (nope + v), rank);
    if (tensors.error()) {
        return;
    }
    const std::span<float> k_b = tensors.derive(heads * rank * nope);
    std::vector<float> row(static_cast<size_t>(rank));
    for (int64_t h = 0; h < heads; ++h) {
        for (int64_t i = 0; i < nope; ++i) {
            decode_row_ref(kv_b, 0, h * (nope + v) + i, row.data());
            for (int64_t r = 0; r < rank; ++r) {
                k_b[static_cast<size_t>((h * rank + r) * nope + i)] = row[static_cast<size_t>(r)];
            }
        }
    }
    mla.k_b = per_head(k_b, heads, rank, nope);
    if (!kv_b.scale) {
        mla.v_b = rows_of(split_rows(kv_b, heads), nope, v);
        return;
    }
    const std::span<float> v_b = tensors.derive(heads * v * rank);
    for (int64_t h = 0; h < heads; ++h) {
        for (int64_t i = 0; i < v; ++i) {
            decode_row_ref(kv_b, 0, h * (nope + v) + nope + i, v_b.data() + (h * v + i) * rank);
        }
    }
    mla.v_b = per_head(v_b, heads, v, rank);
}

ConclaveMlaWeights bind_attention(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    const int64_t hidden = config.hidden_size, heads = config.num_attention_heads, rank = config.kv_lora_rank;
    const int64_t q_rows = heads * (config.qk_nope_head_dim + config.qk_rope_head_dim);
    ConclaveMlaWeights mla{};
    mla.size = sizeof mla;
    mla.hidden = config.hidden_size;
    mla.n_head = config.num_attention_heads;
    mla.qk_nope_head_dim = config.qk_nope_head_dim;
    mla.qk_rope_head_dim = config.qk_rope_head_dim;
    mla.v_head_dim = config.v_head_dim;
    mla.kv_lora_rank = config.kv_lora_rank;
    mla.q_lora_rank = config.q_lora_rank;
    mla.rms_norm_eps = static_cast<float>(config.rms_norm_eps);
    mla.softmax_scale = static_cast<float>(rope_softmax_factor(config.rope_scaling) /
                                           std::sqrt(config.qk_nope_head_dim + config.qk_rope_head_dim));
    mla.rope = rope;
    mla.attn_norm = tensors.vector(block(layer, "attn_norm.weight"), hidden);
    if (config.q_lora_rank > 0) {
        mla.q_a = tensors.matrix(block(layer, "attn_q_a.weight"), config.q_lora_rank, hidden);
        mla.q_a_norm = tensors.vector(block(layer, "attn_q_a_norm.weight"), config.q_lora_rank);
        mla.q_b = tensors.matrix(block(layer, "attn_q_b.weight"), q_rows, config.q_lora_rank);
    } else {
        mla.q = tensors.matrix(block(layer, "attn_q.weight"), q_rows, hidden);
    }
    mla.kv_a = tensors.matrix(block(layer, "attn_kv_a_mqa.weight"), rank + config.qk_rope_head_dim, hidden);
    mla.kv_a_norm = tensors.vector(block(layer, "attn_kv_a_norm.weight"), rank);
    if (tensors.has(block(layer, "attn_k_b.weight"))) {
        mla.k_b = tensors.matrix(block(layer, "attn_k_b.weight"), rank, config.qk_nope_head_dim, heads);
        mla.v_b = tensors.matrix(block(layer, "attn_v_b.weight"), config.v_head_dim, rank, heads);
    } else {
        split_kv_b(tensors, config, layer, mla);
    }
    mla.o = tensors.matrix(block(layer, "attn_output.weight"), hidden, heads * config.v_head_dim);
    return mla;
}

} // namespace

Result<Config> deepseek_config(const ModelFile& file, const std::string& architecture)
{
    KeyReader keys(file, architecture);
    Config config;
    config.hidden_size = keys.required("embedding_length", 1, max_dimension);
    config.max_position_embeddings = keys.required("context_length", 1, max_context);
    config.rms_norm_eps = keys.number("attention.layer_norm_rms_epsilon", 1e-6, 0, 1);
    read_layers(keys, file, config);
    read_attention(keys, config);
    read_rope(keys, config);
    read_routed_experts(keys, file, config);
    if (keys.error()) {
        return *keys.error();
    }
    return config;
}

Layer deepseek_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    Layer out;
    out.token_mixer = bind_attention(tensors, config, rope, layer);
    out.channel_mixer = bind_channel_mixer(tensors, config, layer);
    return out;
}

} // namespace conclave
