#include "model/arch/grouped_query.hpp"

#include <algorithm>
#include <cmath>

#include "model/arch/attention_width.hpp"
#include "model/arch/channel_mixer.hpp"
#include "model/arch/rope_keys.hpp"
#include "model/rope.hpp"
#include "ops/rope.hpp"

namespace conclave
{

namespace
{

void read_heads(KeyReader& keys, const GroupedQueryFamily& family, Config& config)
{
    config.num_attention_heads = keys.required("attention.head_count", 1, max_heads);
    config.num_key_value_heads =
        keys.optional("attention.head_count_kv", config.num_attention_heads, 1, config.num_attention_heads);
    if (config.num_attention_heads % config.num_key_value_heads != 0) {
        keys.fail(std::to_string(config.num_attention_heads) + " query heads do not divide over " +
                  std::to_string(config.num_key_value_heads) + " key heads; convert the model again");
    }
    // Only without the key is a head the hidden size over the heads: Qwen3's is not.
    const int even = std::max(1, config.hidden_size / config.num_attention_heads);
    config.head_dim = keys.optional("attention.key_length", even, 1, max_dimension);
    check_attention_width(keys, config.num_attention_heads, config.head_dim);
    if (keys.optional("attention.value_length", config.head_dim, 1, max_dimension) != config.head_dim) {
        keys.fail("values of another width than keys are not supported", ErrorCode::unsupported);
    }
    config.rotary_dim = keys.optional("rope.dimension_count", config.head_dim, 2, config.head_dim);
    if (config.rotary_dim % 2 != 0 || config.rotary_dim > max_rope_dims) {
        keys.fail("RoPE turns " + std::to_string(config.rotary_dim) + " values of a head, which is odd or more than " +
                  std::to_string(max_rope_dims) + "; the file is damaged");
    }
    config.sliding_window = keys.optional("attention.sliding_window", 0, 0, max_context);
    if (config.sliding_window >= config.max_position_embeddings) {
        config.sliding_window = 0; // nothing is ever outside of it
    }
    if (config.sliding_window > 0 && !family.has_window) {
        keys.fail("attention over a sliding window is not supported in this architecture", ErrorCode::unsupported);
    }
    if (keys.number("attention.clamp_kqv", 0, -1e9, 1e9) > 0) {
        keys.fail("queries and keys that are clamped are not supported", ErrorCode::unsupported);
    }
}

void read_experts(KeyReader& keys, const GroupedQueryFamily& family, Config& config)
{
    config.n_routed_experts = keys.optional("expert_count", 0, 0, max_experts);
    if (config.n_routed_experts == 0) {
        config.intermediate_size = keys.required("feed_forward_length", 1, max_dimension);
        config.first_k_dense_replace = config.num_hidden_layers;
        return;
    }
    config.num_experts_per_tok =
        keys.required("expert_used_count", 1, std::min(max_experts_used, config.n_routed_experts));
    // Mixtral and OLMoE give the width of an expert as that of the MLP it replaces.
    config.moe_intermediate_size = keys.has("expert_feed_forward_length")
                                       ? keys.required("expert_feed_forward_length", 1, max_dimension)
                                       : keys.required("feed_forward_length", 1, max_dimension);
    config.shared_expert_intermediate_size = keys.optional("expert_shared_feed_forward_length", 0, 0, max_dimension);
    config.n_shared_experts = config.shared_expert_intermediate_size > 0 ? 1 : 0;
    config.scoring_func = family.scoring_func;
    config.norm_topk_prob = keys.flag("expert_weights_norm", family.norm_topk_prob);
    if (!keys.has("expert_weights_norm") && family.scoring_func != ScoringFunc::topk_softmax) {
        config.routing_rule_source = std::string("inferred: normalisation from ") + family.routing_from;
    }
    const double scale = keys.number("expert_weights_scale", 1, 0, 1e6);
    config.routed_scaling_factor = scale == 0 ? 1 : scale; // 0 stands for "no scale"
    // ggml's numbers: 1 softmax, 2 sigmoid, 3 softmax of the chosen; 0 stands for "not said".
    const int known = static_cast<int>(family.scoring_func) + 1;
    const int score = keys.optional("expert_gating_func", 0, 0, 255);
    if (score != 0 && score != known) {
        keys.fail("experts that score by rule " + std::to_string(score) + " are not supported in this architecture",
                  ErrorCode::unsupported);
    }
}

} // namespace

void read_grouped_query(KeyReader& keys, const GroupedQueryFamily& family, Config& config)
{
    config.hidden_size = keys.required("embedding_length", 1, max_dimension);
    config.max_position_embeddings = keys.required("context_length", 1, max_context);
    config.rms_norm_eps = keys.number("attention.layer_norm_rms_epsilon", 1e-6, 0, 1);
    config.rope_interleave = keys.flag("rope.interleaved", family.rope_interleave);
    config.rope_scaling.truncate = family.yarn_truncate;
    read_heads(keys, family, config);
    read_rope(keys, config);
}

Result<Config> grouped_query_config(const ModelFile& file, const std::string& architecture,
                                    const GroupedQueryFamily& family)
{
    KeyReader keys(file, architecture);
    Config config;
    config.num_hidden_layers = keys.required("block_count", 1, max_layers);
    read_grouped_query(keys, family, config);
    read_experts(keys, family, config);
    if (keys.error()) {
        return *keys.error();
    }
    return config;
}

ConclaveGqaWeights bind_grouped_query(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer,
                                      ConclaveQkNorm qk_norm)
{
    const int64_t hidden = config.hidden_size, head_dim = config.head_dim;
    const int64_t q_rows = config.num_attention_heads * head_dim, kv_rows = config.num_key_value_heads * head_dim;
    ConclaveGqaWeights gqa{};
    gqa.size = sizeof gqa;
    gqa.hidden = config.hidden_size;
    gqa.n_head = config.num_attention_heads;
    gqa.n_head_kv = config.num_key_value_heads;
    gqa.head_dim = config.head_dim;
    gqa.rms_norm_eps = static_cast<float>(config.rms_norm_eps);
    gqa.softmax_scale =
        static_cast<float>(rope_softmax_factor(config.rope_scaling) / std::sqrt(static_cast<double>(head_dim)));
    gqa.rope = rope;
    gqa.attn_norm = tensors.vector(block(layer, "attn_norm.weight"), hidden);
    gqa.q = tensors.matrix(block(layer, "attn_q.weight"), q_rows, hidden);
    gqa.k = tensors.matrix(block(layer, "attn_k.weight"), kv_rows, hidden);
    gqa.v = tensors.matrix(block(layer, "attn_v.weight"), kv_rows, hidden);
    gqa.o = tensors.matrix(block(layer, "attn_output.weight"), hidden, q_rows);
    const auto bias = [&](const char* name, int64_t n) {
        return tensors.has(block(layer, name)) ? tensors.vector(block(layer, name), n) : nullptr;
    };
    gqa.q_bias = bias("attn_q.bias", q_rows);
    gqa.k_bias = bias("attn_k.bias", kv_rows);
    gqa.v_bias = bias("attn_v.bias", kv_rows);
    gqa.o_bias = bias("attn_output.bias", hidden);
    gqa.qk_norm = qk_norm;
    if (qk_norm != conclave_qk_norm_none) {
        const bool by_row = qk_norm == conclave_qk_norm_row;
        gqa.q_norm = tensors.vector(block(layer, "attn_q_norm.weight"), by_row ? q_rows : head_dim);
        gqa.k_norm = tensors.vector(block(layer, "attn_k_norm.weight"), by_row ? kv_rows : head_dim);
    }
    return gqa;
}

} // namespace conclave
