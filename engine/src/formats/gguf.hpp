#pragma once

#include <filesystem>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"

namespace conclave
{

/// Opens a GGUF file, or all shards of one: siblings of a split file are found beside it and matched by split.no.
/// Errors: io, format (file, offset, what), unsupported (tensor and type). All missing shards are named at once.
/// Source: ggml docs/gguf.md.
Result<ModelFile> open_gguf(const std::filesystem::path& path);

} // namespace conclave
