#pragma once

#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

/// DeepSeek-V2, V2-Lite, V3, R1 and their relatives (Kimi-K2) as GGUF's deepseek2.
Result<Config> deepseek_config(const ModelFile& file, const std::string& architecture);
Layer deepseek_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);

} // namespace conclave
