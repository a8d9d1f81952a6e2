#include "model/arch/qwen.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/arch/grouped_query.hpp"

namespace conclave
{

Result<Config> qwen_config(const ModelFile& file, const std::string& architecture)
{
    // As published: norm_topk_prob is false in every Qwen2-MoE and true in every Qwen3-MoE.
    const bool third = architecture == "qwen3moe";
    return grouped_query_config(file, architecture,
                                {.norm_topk_prob = third, .routing_from = third ? "Qwen3-MoE" : "Qwen2-MoE"});
}

Layer qwen_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    return {.token_mixer = bind_grouped_query(tensors, config, rope, layer, conclave_qk_norm_none),
            .channel_mixer = bind_channel_mixer(tensors, config, layer)};
}

Layer qwen3_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    return {.token_mixer = bind_grouped_query(tensors, config, rope, layer, conclave_qk_norm_head),
            .channel_mixer = bind_channel_mixer(tensors, config, layer)};
}

} // namespace conclave
