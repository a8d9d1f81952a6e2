#include "model/arch/routed_experts.hpp"

#include <algorithm>

#include "model/arch/channel_mixer.hpp"

namespace conclave
{

namespace
{

/// Files made before the group keys existed (late 2025) are told by their signature: V3 and R1 route in 4 of 8 groups,
/// V2 in 3 of 8. Source: the published config.json of both.
void infer_groups(Config& config, std::string& inferred)
{
    const bool v3 =
        config.n_routed_experts == 256 && config.scoring_func == ScoringFunc::sigmoid && config.num_hidden_layers == 61;
    const bool v2 = config.n_routed_experts == 160 && config.scoring_func == ScoringFunc::softmax;
    if (v3 || v2) {
        config.n_group = 8;
        config.topk_group = v3 ? 4 : 3;
        inferred += v3 ? "groups from the signature of DeepSeek-V3 (256 experts, sigmoid, 61 layers)"
                       : "groups from the signature of DeepSeek-V2 (160 experts, softmax)";
    }
}

void read_scores(KeyReader& keys, Config& config, std::string& inferred)
{
    const int gating = keys.optional("expert_gating_func", 0, 0, 255);
    if (gating > 2) {
        keys.fail("expert_gating_func " + std::to_string(gating) +
                      " is not supported; known are 1 (softmax) and 2 (sigmoid)",
                  ErrorCode::unsupported);
    }
    const bool sigmoid = gating == 0 ? config.has_selection_bias : gating == 2;
    config.scoring_func = sigmoid ? ScoringFunc::sigmoid : ScoringFunc::softmax;
    if (gating == 0) {
        inferred += config.has_selection_bias ? "sigmoid from the selection bias"
                                              : "softmax from the absence of a selection bias";
    }
    if (keys.has("expert_weights_norm")) {
        config.norm_topk_prob = keys.flag("expert_weights_norm", false);
    } else {
        config.norm_topk_prob = sigmoid; // as published: V3 normalises, V2 does not
        inferred += std::string(inferred.empty() ? "" : "; ") + "normalisation from the score function";
    }
    // 0 stands for "no scale" in files of older converters.
    const double scale = keys.number("expert_weights_scale", 1, 0, 1e6);
    config.routed_scaling_factor = scale == 0 ? 1 : scale;
}

void read_groups(KeyReader& keys, Config& config, std::string& inferred)
{
    if (keys.has("expert_group_count")) {
        config.n_group = std::max(keys.optional("expert_group_count", 1, 0, max_groups), 1);
        config.topk_group = config.n_group > 1 ? keys.required("expert_group_used_count", 1, config.n_group) : 1;
    } else {
        inferred += inferred.empty() ? "" : "; ";
        infer_groups(config, inferred);
    }
    if (config.n_group > 1) {
        // The published code asks the bias, not the score function: DeepSeek-V3 inference/model.py, Gate.forward.
        config.topk_method = config.has_selection_bias ? TopkMethod::noaux_tc : TopkMethod::group_limited_greedy;
    } else if (config.has_selection_bias) {
        config.topk_method = TopkMethod::noaux_tc;
    }
    const int per_group = config.n_routed_experts / config.n_group;
    if (config.n_routed_experts % config.n_group != 0 || per_group * config.topk_group < config.num_experts_per_tok ||
        (config.n_group > 1 && config.has_selection_bias && per_group < 2)) {
        keys.fail(std::to_string(config.n_routed_experts) + " experts in " + std::to_string(config.n_group) +
                  " groups of which " + std::to_string(config.topk_group) + " are open cannot give " +
                  std::to_string(config.num_experts_per_tok) + " per token; convert the model again");
    }
}

} // namespace

void read_layers(KeyReader& keys, const ModelFile& file, Config& config)
{
    const int blocks = keys.required("block_count", 1, max_layers);
    const int nextn = keys.optional("nextn_predict_layers", 0, 0, blocks - 1);
    config.num_hidden_layers = blocks;
    for (int i = blocks - 1; i >= blocks - nextn; --i) {
        const bool predicts = file.find(block(i, "nextn.eh_proj.weight"));
        if (!predicts && file.find(block(i, "attn_norm.weight"))) {
            break;
        }
        --config.num_hidden_layers;
        ++config.num_nextn_predict_layers;
    }
}

void read_routed_experts(KeyReader& keys, const ModelFile& file, Config& config)
{
    config.n_routed_experts = keys.optional("expert_count", 0, 0, max_experts);
    config.first_k_dense_replace = keys.optional("leading_dense_block_count", 0, 0, max_layers);
    if (config.n_routed_experts == 0) {
        config.first_k_dense_replace = config.num_hidden_layers;
    }
    if (config.first_k_dense_replace > 0) {
        config.intermediate_size = keys.required("feed_forward_length", 1, max_dimension);
    }
    if (config.first_k_dense_replace >= config.num_hidden_layers) {
        config.first_k_dense_replace = config.num_hidden_layers;
        config.n_routed_experts = 0;
        return;
    }
    config.num_experts_per_tok =
        keys.required("expert_used_count", 1, std::min(max_experts_used, config.n_routed_experts));
    config.n_shared_experts = keys.optional("expert_shared_count", 0, 0, max_experts);
    config.moe_intermediate_size =
        keys.required("expert_feed_forward_length", 1, max_dimension / std::max(config.n_shared_experts, 1));
    config.shared_expert_intermediate_size = config.moe_intermediate_size * config.n_shared_experts;
    config.has_selection_bias = file.find(block(config.first_k_dense_replace, "exp_probs_b.bias"));
    std::string inferred;
    read_scores(keys, config, inferred);
    read_groups(keys, config, inferred);
    while (inferred.ends_with("; ")) {
        inferred.resize(inferred.size() - 2);
    }
    if (!inferred.empty()) {
        config.routing_rule_source = "inferred: " + inferred;
    }
}

} // namespace conclave
