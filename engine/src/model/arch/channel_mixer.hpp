#pragma once

#include <string>

#include "model/config.hpp"
#include "model/tensor_source.hpp"
#include "model/weights.hpp"

namespace conclave
{

/// "blk.LAYER.NAME", as GGUF spells the tensors of a layer.
std::string block(int layer, const char* name);

/// Of an expert layer the norm, the router and its rule, without experts.
ConclaveMoeWeights bind_router(TensorSource& tensors, const Config& config, int layer);
/// The routed and the shared experts, as GGUF has them.
void bind_experts(TensorSource& tensors, const Config& config, int layer, ConclaveMoeWeights& moe);

/// The dense MLP of a layer below first_k_dense_replace, the experts of any other; the names are the same in every
/// family.
ChannelMixer bind_channel_mixer(TensorSource& tensors, const Config& config, int layer);

} // namespace conclave
