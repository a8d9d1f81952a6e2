#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace conclave
{

/// The grids of the IQ types: an entry is eight (IQ1, IQ2) or four (IQ3) elements, one a byte, the first in the lowest.
/// Those of IQ2 and IQ3 are magnitudes; IQ1 has 64 + 8 · {−1, 0, 1}, room for the eighth that its blocks add or take.
extern const std::array<uint64_t, 2048> iq1_grid;
extern const std::array<uint64_t, 256> iq2_xxs_grid;
extern const std::array<uint64_t, 512> iq2_xs_grid;
extern const std::array<uint64_t, 1024> iq2_s_grid;
extern const std::array<uint64_t, 256> iq3_xxs_grid;
extern const std::array<uint64_t, 512> iq3_s_grid;

/// 64 ± each of eight magnitudes ≤ 63; bit i of `signs` makes byte i negative.
constexpr uint64_t with_signs(uint64_t magnitudes, uint32_t signs)
{
    uint64_t negative = (signs * 0x0101010101010101u) & 0x8040201008040201u; // bit i of byte i
    negative = ((negative + 0x7F7F7F7F7F7F7F7Fu) | negative) >> 7 & 0x0101010101010101u;
    const uint64_t flip = negative * 63; // 64 − g = (g ^ 63) + 1
    return (magnitudes ^ flip) + 0x4040404040404040u - flip;
}

/// Eight signs of which seven are given: their number is even.
constexpr uint32_t even_signs(uint32_t seven)
{
    return seven | (static_cast<uint32_t>(std::popcount(seven)) & 1u) << 7;
}

} // namespace conclave
