#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace conclave
{

/// What one untrusted file may cost, whatever is in it.
constexpr double hostile_seconds = 10;
constexpr size_t hostile_bytes(size_t file_bytes)
{
    return 4 * file_bytes + (size_t{64} << 20);
}

/// Whether the full counts are asked for (tests/run --long).
inline bool thorough()
{
    const char* value = std::getenv("CONCLAVE_LONG");
    return value && std::string_view(value) == "1";
}

} // namespace conclave
