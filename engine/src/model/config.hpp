#pragma once

#include <cstdint>
#include <string>

namespace conclave
{

// Limits that a file is held to when it is opened. Far above any published model: they keep sizes computed from a
// hostile file inside int32 and the trace's own types.
constexpr int max_layers = 1024;
constexpr int max_dimension = 1 << 20;
constexpr int max_heads = 4096;
constexpr int max_attention_width = 1 << 21; ///< heads × values of a head
constexpr int max_experts = 4096;            ///< ids are uint16 in the trace
constexpr int max_experts_used = 64;
constexpr int max_groups = 32; ///< the group mask of the trace is a uint32
constexpr int max_context = 1 << 24;
constexpr int max_vocab = 1 << 22;

enum class ScoringFunc {
    softmax,
    sigmoid,
    topk_softmax, ///< logits choose, the softmax of the chosen weighs
};

/// How experts are chosen from scores (`topk_method` of the published configs).
enum class TopkMethod {
    greedy,               ///< the best num_experts_per_tok of all
    group_limited_greedy, ///< of the topk_group groups with the highest maximum
    noaux_tc,             ///< on scores plus bias; groups by the sum of their best two
};

enum class RopeScalingType { none, linear, yarn, llama3 };

struct RopeScaling {
    RopeScalingType type = RopeScalingType::none;
    double factor = 1;
    int original_max_position_embeddings = 0;
    double beta_fast = 32, beta_slow = 1;
    double mscale = 1, mscale_all_dim = 0;
    double low_freq_factor = 1, high_freq_factor = 4; ///< llama3
    double attn_factor = 1;                           ///< multiplies cos and sin besides
    bool truncate = true;                             ///< yarn: the bounds of the ramp are whole numbers
};

/// Published hyperparameters in their published spelling (config.json of each family; where families differ, that of
/// DeepSeek-V3), whatever the file calls them.
struct Config {
    std::string name;
    int vocab_size = 0;
    int hidden_size = 0;
    int intermediate_size = 0;
    int num_hidden_layers = 0; ///< without num_nextn_predict_layers
    int num_nextn_predict_layers = 0;
    int max_position_embeddings = 0;
    double rms_norm_eps = 1e-6;

    int num_attention_heads = 0;
    int num_key_value_heads = 0; ///< grouped-query attention; 0: multi-head latent attention
    int head_dim = 0;            ///< of queries, keys and values alike; grouped-query attention
    int sliding_window = 0;      ///< positions a row sees in the layers that have a window; 0: all

    int q_lora_rank = 0; ///< 0: queries come from one matrix
    int kv_lora_rank = 0;
    int qk_nope_head_dim = 0;
    int qk_rope_head_dim = 0;
    int v_head_dim = 0;

    int rotary_dim = 0; ///< values of a head (of its rotary part, with latent attention) that RoPE turns
    double rope_theta = 10000;
    bool rope_interleave = true; ///< pairs (2i, 2i+1)
    RopeScaling rope_scaling;

    int first_k_dense_replace = 0;
    int n_routed_experts = 0; ///< 0: a dense model
    int num_experts_per_tok = 0;
    int n_shared_experts = 0;
    int moe_intermediate_size = 0;
    int shared_expert_intermediate_size = 0; ///< all shared experts as the one MLP that files store
    ScoringFunc scoring_func = ScoringFunc::softmax;
    TopkMethod topk_method = TopkMethod::greedy;
    bool has_selection_bias = false; ///< e_score_correction_bias
    int n_group = 1;
    int topk_group = 1;
    bool norm_topk_prob = false;
    double routed_scaling_factor = 1;
    std::string routing_rule_source = "file"; ///< "file", or what of the rule was inferred and from what
};

/// One line for people: score, bias, groups, k, normalisation, scale. Empty for a dense model.
std::string describe_routing(const Config& config);

} // namespace conclave
