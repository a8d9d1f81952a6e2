#pragma once

#include <cstddef>
#include <optional>

namespace conclave
{

/// Gives memory that was freed back to the system and starts a new measurement of what this process has resident:
/// everything it touches, mapped files and the memory of every allocator included.
void reset_peak_resident();
/// The most bytes resident at once since then, beyond those at its start; good to some hundred KiB, as the kernel
/// counts in batches of pages for each processor. Absent under a sanitizer, which keeps what was freed and shadows the
/// rest, and where the system does not tell.
std::optional<size_t> peak_resident();

} // namespace conclave
