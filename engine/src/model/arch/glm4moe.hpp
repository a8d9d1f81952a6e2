#pragma once

#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"
#include "model/weights.hpp"

namespace conclave
{

/// GLM-4.5, 4.6 and their Air: grouped-query attention whose RoPE turns half a head, experts that route as
/// DeepSeek-V3's.
Result<Config> glm4moe_config(const ModelFile& file, const std::string& architecture);
/// Queries and keys are normed where the file has the norms. Source: transformers modeling_glm4_moe.py.
Layer glm4moe_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);

} // namespace conclave
