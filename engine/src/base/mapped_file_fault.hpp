#pragma once

#include <cstddef>

namespace conclave
{

/// The table behind MappedFile's promise that a lost page is an error. On Linux a SIGBUS handler, installed with the
/// first mapping and kept for the life of the process, looks the address up here; a fault anywhere else goes to the
/// handler that was there before. On Windows the table is not needed and every call is a no-op.

/// How many files can be mapped at once: models have at most a few hundred shards.
constexpr int max_mapped_files = 4096;

/// Returns the slot of this mapping, or -1 when the table is full.
int watch_mapping(const void* begin, size_t n_bytes) noexcept;
void unwatch_mapping(int slot) noexcept;
/// True once a page of the mapping had to be replaced by zeros.
bool mapping_lost(int slot) noexcept;

} // namespace conclave
