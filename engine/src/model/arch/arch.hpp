#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

/// A family: how a file's metadata becomes a Config, and a layer's tensors a Layer.
struct Arch {
    std::string_view architecture; ///< general.architecture of the file
    std::string_view family;
    Result<Config> (*read_config)(const ModelFile& file, const std::string& architecture);
    /// Tensor errors are left in `tensors`.
    Layer (*bind_layer)(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer);
};

/// nullptr for an architecture that is not in the table.
const Arch* find_arch(std::string_view architecture);
std::span<const Arch> all_archs();

} // namespace conclave
