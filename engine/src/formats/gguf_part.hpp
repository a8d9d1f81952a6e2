#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mapped_file.hpp"
#include "conclave/result.hpp"
#include "formats/gguf.hpp"

namespace conclave
{

// Limits on what a file may ask us to hold; each is named with its number in the message. Real models stay far below:
// the largest have about 3,000 tensors, 60 keys, and three arrays as long as their vocabulary.
constexpr uint64_t max_gguf_keys = 65'536;
constexpr uint64_t max_gguf_tensors = 131'072;
constexpr uint64_t max_gguf_name_bytes = 64;
/// Numbers in all metadata arrays together: one byte in the file is eight in memory.
constexpr uint64_t max_gguf_array_numbers = 4'194'304;
constexpr uint64_t max_gguf_alignment = 1 << 20;

/// One GGUF file, parsed and checked. Views point into its mapping.
struct GgufPart {
    std::map<std::string, FileValue, std::less<>> values;
    std::vector<FileTensor> tensors; ///< in file order, each inside the file, none overlapping another
    uint64_t data_offset = 0;        ///< where the first tensor may begin

    /// An integer key, when it is there and is one.
    std::optional<int64_t> integer(std::string_view key) const;
};

/// Errors: format (file, offset, what), unsupported (version, byte order; tensor and type).
Result<GgufPart> parse_gguf(const MappedFile& file);

} // namespace conclave
