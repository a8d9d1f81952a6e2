#pragma once

#include <bit>
#include <cstdint>

namespace conclave
{

/// exp(x) for x ≤ 0, 0 below -87; relative error below 2e-7. Compilers vectorise a loop over it, and unlike std::exp it
/// gives the same bits with every C library. Source: the polynomial of expf in Moshier's Cephes library.
inline float exp_negative(float x)
{
    constexpr float round_to_integer = 0x1.8p23f; // above it, a float has no fraction
    const float clamped = x < -87.0f ? -87.0f : x;
    const float shifted = clamped * 1.44269504088896341f + round_to_integer;
    const float k = shifted - round_to_integer;
    const float r = (clamped - k * 0.693359375f) + k * 2.12194440e-4f; // ln 2 in two parts
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    // The low bits of `shifted` are k: moved to the exponent they multiply by 2^k. The mask, where a condition would
    // do, is what compilers vectorise.
    const uint32_t e = std::bit_cast<uint32_t>(p) + (std::bit_cast<uint32_t>(shifted) << 23);
    return std::bit_cast<float>(e & (0u - static_cast<uint32_t>(x >= -87.0f)));
}

} // namespace conclave
