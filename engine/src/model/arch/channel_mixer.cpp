#include "model/arch/channel_mixer.hpp"

namespace conclave
{

namespace
{

/// Some converters name the norm before the second mixer after the layer's first.
const float* bind_ffn_norm(TensorSource& tensors, const Config& config, int layer)
{
    const std::string other = block(layer, "post_attention_norm.weight");
    return tensors.vector(tensors.has(other) ? other : block(layer, "ffn_norm.weight"), config.hidden_size);
}

ConclaveMlpWeights bind_mlp(TensorSource& tensors, const Config& config, int layer)
{
    ConclaveMlpWeights mlp{};
    mlp.size = sizeof mlp;
    mlp.hidden = config.hidden_size;
    mlp.rms_norm_eps = static_cast<float>(config.rms_norm_eps);
    mlp.norm = bind_ffn_norm(tensors, config, layer);
    mlp.gate = tensors.matrix(block(layer, "ffn_gate.weight"), config.intermediate_size, config.hidden_size);
    mlp.up = tensors.matrix(block(layer, "ffn_up.weight"), config.intermediate_size, config.hidden_size);
    mlp.down = tensors.matrix(block(layer, "ffn_down.weight"), config.hidden_size, config.intermediate_size);
    return mlp;
}

} // namespace

ConclaveMoeWeights bind_router(TensorSource& tensors, const Config& config, int layer)
{
    ConclaveMoeWeights moe{};
    moe.size = sizeof moe;
    moe.hidden = config.hidden_size;
    moe.rms_norm_eps = static_cast<float>(config.rms_norm_eps);
    moe.n_experts = config.n_routed_experts;
    moe.n_experts_used = config.num_experts_per_tok;
    moe.score = config.scoring_func == ScoringFunc::sigmoid   ? conclave_score_sigmoid
                : config.scoring_func == ScoringFunc::softmax ? conclave_score_softmax
                                                              : conclave_score_logit;
    moe.n_group = config.n_group;
    moe.topk_group = config.topk_group;
    moe.group_rule = config.n_group <= 1                          ? conclave_group_none
                     : config.topk_method == TopkMethod::noaux_tc ? conclave_group_top2_sum
                                                                  : conclave_group_max;
    moe.norm_topk_prob = config.norm_topk_prob;
    moe.routed_scaling_factor = static_cast<float>(config.routed_scaling_factor);
    moe.norm = bind_ffn_norm(tensors, config, layer);
    moe.router = tensors.matrix(block(layer, "ffn_gate_inp.weight"), config.n_routed_experts, config.hidden_size);
    if (moe.router.scale) {
        tensors.fail("the router of layer " + std::to_string(layer) +
                     " is in FP8, which is too coarse to choose experts by; take the model as published");
    }
    if (config.has_selection_bias) {
        moe.bias = tensors.vector(block(layer, "exp_probs_b.bias"), config.n_routed_experts);
    }
    return moe;
}

void bind_experts(TensorSource& tensors, const Config& config, int layer, ConclaveMoeWeights& moe)
{
    const int64_t hidden = config.hidden_size, experts = config.n_routed_experts, ffn = config.moe_intermediate_size;
    if (tensors.has(block(layer, "ffn_gate_up_exps.weight"))) {
        const ConclaveMatrix both = tensors.matrix(block(layer, "ffn_gate_up_exps.weight"), 2 * ffn, hidden, experts);
        moe.gate_exps = rows_of(both, 0, ffn);
        moe.up_exps = rows_of(both, ffn, ffn);
    } else {
        moe.gate_exps = tensors.matrix(block(layer, "ffn_gate_exps.weight"), ffn, hidden, experts);
        moe.up_exps = tensors.matrix(block(layer, "ffn_up_exps.weight"), ffn, hidden, experts);
    }
    moe.down_exps = tensors.matrix(block(layer, "ffn_down_exps.weight"), hidden, ffn, experts);
    if (config.shared_expert_intermediate_size > 0) {
        const int64_t shared = config.shared_expert_intermediate_size;
        moe.gate_shexp = tensors.matrix(block(layer, "ffn_gate_shexp.weight"), shared, hidden);
        moe.up_shexp = tensors.matrix(block(layer, "ffn_up_shexp.weight"), shared, hidden);
        moe.down_shexp = tensors.matrix(block(layer, "ffn_down_shexp.weight"), hidden, shared);
        if (tensors.has(block(layer, "ffn_gate_inp_shexp.weight"))) {
            moe.shexp_gate = tensors.matrix(block(layer, "ffn_gate_inp_shexp.weight"), 1, hidden);
        }
    }
}

std::string block(int layer, const char* name)
{
    return "blk." + std::to_string(layer) + "." + name;
}

ChannelMixer bind_channel_mixer(TensorSource& tensors, const Config& config, int layer)
{
    if (layer < config.first_k_dense_replace || config.n_routed_experts == 0) {
        return bind_mlp(tensors, config, layer);
    }
    ConclaveMoeWeights moe = bind_router(tensors, config, layer);
    bind_experts(tensors, config, layer, moe);
    return moe;
}

} // namespace conclave
