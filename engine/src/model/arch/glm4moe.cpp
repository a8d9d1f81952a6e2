#include "model/arch/glm4moe.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/arch/grouped_query.hpp"
#include "model/arch/routed_experts.hpp"

namespace conclave
{

Result<Config> glm4moe_config(const ModelFile& file, const std::string& architecture)
{
    KeyReader keys(file, architecture);
    Config config;
    read_layers(keys, file, config);
    read_grouped_query(keys, {}, config);
    read_routed_experts(keys, file, config);
    if (keys.error()) {
        return *keys.error();
    }
    return config;
}

Layer glm4moe_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    const bool normed = tensors.has(block(layer, "attn_q_norm.weight"));
    return {.token_mixer = bind_grouped_query(tensors, config, rope, layer,
                                              normed ? conclave_qk_norm_head : conclave_qk_norm_none),
            .channel_mixer = bind_channel_mixer(tensors, config, layer)};
}

} // namespace conclave
