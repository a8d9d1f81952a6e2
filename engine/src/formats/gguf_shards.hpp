#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/mapped_file.hpp"
#include "conclave/result.hpp"
#include "formats/gguf_part.hpp"

namespace conclave
{

constexpr int64_t max_gguf_shards = 2048;

/// One file of a model with what was read from it.
struct GgufShard {
    MappedFile file;
    GgufPart part;
};

/// `first`, a file with split.count > 1, and its siblings, ordered by split.no. A sibling lies in the same folder and
/// is known by what it says of itself, because people rename and link files; names decide only when two claim one
/// number. Errors: format; io, naming every shard that is missing.
Result<std::vector<GgufShard>> gather_shards(GgufShard first);

} // namespace conclave
