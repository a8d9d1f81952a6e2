#pragma once

#include <cstdint>
#include <vector>

#include "base/mapped_file.hpp"
#include "conclave/result.hpp"
#include "formats/model_file.hpp"

namespace conclave
{

// Limits on what a file may ask us to hold: the largest published files have some 1,000 tensors and 150 KB of header.
constexpr uint64_t max_safetensors_header_bytes = uint64_t{16} << 20;
constexpr uint64_t max_safetensors_tensors = 131'072;

/// One .safetensors file, parsed and checked. Views point into its mapping.
struct SafetensorsPart {
    std::vector<FileTensor> tensors; ///< names as published, each inside the file, none overlapping another
    uint64_t data_offset = 0;        ///< where the header ends
};

/// Errors: format (file, tensor, what), unsupported (tensor and type).
/// Source: the format's description in the README of huggingface/safetensors.
Result<SafetensorsPart> parse_safetensors(const MappedFile& file);

} // namespace conclave
