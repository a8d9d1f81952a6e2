#pragma once

#include <bit>
#include <cstdint>

#include "base/load_le.hpp"

namespace conclave
{

/// IEEE 754 binary16 bits as a float; exact, a NaN becomes quiet as the processor's own conversion makes it.
inline float float_of_half(uint16_t half)
{
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1Fu;
    const uint32_t fraction = half & 0x3FFu;
    if (exponent == 0) {
        // Subnormal: fraction · 2^-24, exact in float.
        const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    if (exponent == 31)
        return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13) | (fraction ? 0x400000u : 0u));
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

inline float float_of_bf16(uint16_t bits)
{
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// The half stored at `p`, at any alignment.
inline float load_half(const uint8_t* p)
{
    return float_of_half(load_le<uint16_t>(p));
}

} // namespace conclave
