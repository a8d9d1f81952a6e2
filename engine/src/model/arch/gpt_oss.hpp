#pragma once

#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"
#include "model/weights.hpp"

namespace conclave
{

/// gpt-oss: grouped-query attention with sinks, every other layer over a window; biased experts with clamped gates.
Result<Config> gpt_oss_config(const ModelFile& file, const std::string& architecture);
/// Source: transformers modeling_gpt_oss.py.
Layer gpt_oss_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);

} // namespace conclave
