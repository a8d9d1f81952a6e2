#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace conclave
{

// Files are little-endian, and so is every processor this builds for; a port to another one starts here.
static_assert(std::endian::native == std::endian::little, "load_le copies bytes as they are");

/// The T stored little-endian at `p`, at any alignment: mapped bytes are never read through typed pointers.
template <class T>
    requires std::is_arithmetic_v<T>
T load_le(const void* p)
{
    T value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

} // namespace conclave
