#pragma once

#include <filesystem>
#include <optional>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"

namespace conclave
{

/// The folder that `path` means, when it means one as Hugging Face publishes models: the folder itself, its
/// config.json, a .safetensors file in it or their index.
std::optional<std::filesystem::path> hf_folder_of(const std::filesystem::path& path);

/// Opens such a folder: config.json, and all .safetensors files that the index names or, without an index, that lie in
/// it. Errors: io, naming all missing files at once; format; unsupported.
Result<ModelFile> open_hf_folder(const std::filesystem::path& folder);

} // namespace conclave
