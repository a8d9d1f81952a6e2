#include "tensor/encode.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"

namespace conclave
{

namespace
{

constexpr float largest_half = 65504.0f;

/// Without branches, so that a compiler makes vectors of it.
uint16_t half_of(float x)
{
    const auto bits = std::bit_cast<uint32_t>(x);
    const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
    const float magnitude = std::bit_cast<float>(bits & 0x7FFFFFFFu);
    const auto bounded = std::bit_cast<uint32_t>(magnitude > largest_half ? largest_half : magnitude);
    // Of a normal half thirteen bits of the fraction go; below those, one unit of 0.5f is one of a half.
    const uint32_t normal = ((bounded + 0xFFFu + (bounded >> 13 & 1u)) >> 13) - (112u << 10);
    const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(bounded) + 0.5f) - 0x3F000000u;
    const uint32_t half = magnitude < 0x1p-14f ? subnormal : normal;
    return static_cast<uint16_t>(sign | (magnitude != magnitude ? 0x7E00u : half));
}

uint16_t bf16_of(float x)
{
    const auto bits = std::bit_cast<uint32_t>(x);
    const uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
    return static_cast<uint16_t>(x != x ? bits >> 16 | 0x40u : rounded);
}

void encode_q8_0(const float* x, uint8_t* out)
{
    float amax = 0;
    bool numbers = true;
    for (int i = 0; i < q8_0::n; ++i) {
        amax = std::max(amax, std::abs(x[i]));
        numbers = numbers && std::isfinite(x[i]);
    }
    const float d = amax / 127.0f;
    const float inverse = numbers && std::isnormal(1.0f / d) ? 1.0f / d : 0.0f;
    const uint16_t half = numbers ? half_of(d) : uint16_t{0x7E00}; // the damage shows in every sum it enters
    std::memcpy(out + q8_0::d, &half, sizeof half);
    for (int i = 0; i < q8_0::n; ++i)
        out[q8_0::qs + i] = static_cast<uint8_t>(static_cast<int8_t>(numbers ? std::round(x[i] * inverse) : 1.0f));
}

template <class Encode>
void encode_words(const float* x, int64_t n, uint8_t* out, Encode encode)
{
    for (int64_t i = 0; i < n; ++i) {
        const uint16_t word = encode(x[i]);
        std::memcpy(out + 2 * i, &word, sizeof word);
    }
}

} // namespace

bool can_encode(DType dtype)
{
    return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::Q8_0;
}

void encode(DType dtype, const float* x, int64_t n, uint8_t* out)
{
    switch (dtype) {
    case DType::F32:
        std::memcpy(out, x, static_cast<size_t>(n) * sizeof(float));
        return;
    case DType::F16:
        return encode_words(x, n, out, half_of);
    case DType::BF16:
        return encode_words(x, n, out, bf16_of);
    case DType::Q8_0:
        for (int64_t i = 0; i < n; i += q8_0::n)
            encode_q8_0(x + i, out + i / q8_0::n * q8_0::n_bytes);
        return;
    default:
        CONCLAVE_CHECK(false, "only these types are encoded");
    }
}

} // namespace conclave
