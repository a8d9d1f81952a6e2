#pragma once

#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

/// OLMoE: a norm over the whole row of q and of k.
Result<Config> olmoe_config(const ModelFile& file, const std::string& architecture);
Layer olmoe_layer(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);

} // namespace conclave
