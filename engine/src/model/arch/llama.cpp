#include "model/arch/llama.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/arch/grouped_query.hpp"

namespace conclave
{

Result<Config> llama_config(const ModelFile& file, const std::string& architecture)
{
    // Converters reorder the rows of q and k in this architecture alone, so that pairs lie side by side.
    return grouped_query_config(file, architecture,
                                {.rope_interleave = true,
                                 .norm_topk_prob = true,
                                 .routing_from = "Mixtral",
                                 .has_window = true}); // Mistral's, in every layer
}

Layer llama_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer)
{
    ConclaveGqaWeights attention = bind_grouped_query(tensors, config, rope, layer, conclave_qk_norm_none);
    attention.window = config.sliding_window;
    return {.token_mixer = attention, .channel_mixer = bind_channel_mixer(tensors, config, layer)};
}

} // namespace conclave
