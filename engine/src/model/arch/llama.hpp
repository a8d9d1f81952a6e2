#pragma once

#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

/// Llama 2 and 3 and what shares their architecture, DeepSeek-R1's distills among them, and Mixtral.
Result<Config> llama_config(const ModelFile& file, const std::string& architecture);
Layer llama_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);

} // namespace conclave
