#pragma once

#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

/// Qwen2, Qwen2.5, Qwen1.5-MoE and Qwen2-MoE (biases on q, k and v; a gated shared expert), Qwen3 and Qwen3-MoE (a norm
/// on each head of q and k).
Result<Config> qwen_config(const ModelFile& file, const std::string& architecture);
Layer qwen_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);
/// Of Qwen3 and Qwen3-MoE.
Layer qwen3_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);

} // namespace conclave
