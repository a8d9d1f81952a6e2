#include <bit>

#include "tensor/codec_kernels.hpp"

namespace conclave
{

namespace
{

/// Sign, four bits of exponent with a bias of 7, three of fraction; no infinity, all ones is NaN.
/// Source: OCP 8-bit Floating Point Specification, E4M3.
float float_of_e4m3(uint8_t byte)
{
    const uint32_t sign = static_cast<uint32_t>(byte & 0x80u) << 24;
    const uint32_t exponent = (byte >> 3) & 0xFu, fraction = byte & 7u;
    if ((byte & 0x7Fu) == 0x7Fu)
        return std::bit_cast<float>(sign | 0x7FC00000u);
    if (exponent == 0) {
        const float magnitude = static_cast<float>(fraction) * 0x1p-9f;
        return sign ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | (exponent + 120) << 23 | fraction << 20);
}

} // namespace

void decode_f8_e4m3_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = float_of_e4m3(in[i]);
}

} // namespace conclave
