#include "model/arch/olmoe.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/arch/grouped_query.hpp"

namespace conclave
{

Result<Config> olmoe_config(const ModelFile& file, const std::string& architecture)
{
    return grouped_query_config(file, architecture, {.routing_from = "OLMoE"});
}

Layer olmoe_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    return {.token_mixer = bind_grouped_query(tensors, config, rope, layer, conclave_qk_norm_row),
            .channel_mixer = bind_channel_mixer(tensors, config, layer)};
}

} // namespace conclave
