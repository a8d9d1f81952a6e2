#pragma once

#include "model/config.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

/// The routed experts of a gpt-oss layer with their biases. GGUF has them as matrices of their own. As published, the
/// rows of gate and up alternate, and the weights are either MXFP4 whose blocks and scales are two tensors and whose
/// nibbles lie in order, or floats with rows and columns exchanged: both are put together anew in memory, as GGUF would
/// have them. Source: transformers integrations/mxfp4.py, convert_moe_packed_tensors; modeling_gpt_oss.py,
/// GptOssExperts.
void bind_gpt_oss_experts(TensorSource& tensors, const Config& config, int layer, ConclaveMoeWeights& moe);

} // namespace conclave
