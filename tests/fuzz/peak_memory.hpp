#pragma once

#include <cstddef>
#include <optional>

namespace conclave
{

/// Starts a new measurement of what operator new hands out.
void reset_peak_memory();
/// The most bytes held at once since then, beyond what was held at its start. Absent under a sanitizer, whose own
/// allocator must stay in charge, and where the system does not tell the size of an allocation.
std::optional<size_t> peak_memory();

} // namespace conclave
