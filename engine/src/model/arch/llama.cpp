#include "model/arch/llama.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/arch/grouped_query.hpp"

namespace conclave
{

Result<Config> llama_config(const ModelFile& file, const std::string& architecture)
{
    // Converters reorder the rows of q and k in this architecture alone, so that pairs lie side by side.
    return grouped_query_config(file, architecture,
                                {.rope_interleave = true, .norm_topk_prob = true, .routing_from = "Mixtral"});
}

Layer llama_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    return {.token_mixer = bind_grouped_query(tensors, config, rope, layer, conclave_qk_norm_none),
            .channel_mixer = bind_channel_mixer(tensors, config, layer)};
}

} // namespace conclave
