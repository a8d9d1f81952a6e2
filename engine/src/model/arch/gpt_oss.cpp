#include "model/arch/gpt_oss.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/arch/gpt_oss_experts.hpp"
#include "model/arch/grouped_query.hpp"

namespace conclave
{

Result<Config> gpt_oss_config(const ModelFile& file, const std::string& architecture)
{
    // As published: GGUF has no key for YaRN's bounds, which are fractions in this family.
    return grouped_query_config(file, architecture,
                                {.routing_from = "gpt-oss",
                                 .scoring_func = ScoringFunc::topk_softmax,
                                 .has_window = true,
                                 .yarn_truncate = false});
}

Layer gpt_oss_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    ConclaveGqaWeights attention = bind_grouped_query(tensors, config, rope, layer, conclave_qk_norm_none);
    attention.sinks = tensors.vector(block(layer, "attn_sinks.weight"), config.num_attention_heads);
    attention.window = layer % 2 == 0 ? config.sliding_window : 0;
    ConclaveMoeWeights moe = bind_router(tensors, config, layer);
    moe.router_bias = tensors.vector(block(layer, "ffn_gate_inp.bias"), config.n_routed_experts);
    bind_gpt_oss_experts(tensors, config, layer, moe);
    moe.activation = conclave_activation_clamped;
    moe.activation_alpha = 1.702f;
    moe.activation_limit = 7.0f;
    return {.token_mixer = attention, .channel_mixer = moe};
}

} // namespace conclave
