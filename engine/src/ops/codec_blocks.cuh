#pragma once

#include "ops/codec_floats.cuh"
#include "tensor/block_layout.hpp"

// Quantised weight types with blocks of 32. A chunk is one block; its int8 products are exact, and the scales meet
// once.

namespace conclave::cuda
{

constexpr uint32_t nibbles = 0x0F0F0F0Fu;

__device__ inline float half_at(const uint8_t* p)
{
    return float_of_half_bits(*reinterpret_cast<const uint16_t*>(p));
}

/// Four bytes at an address that is a multiple of two, which is all that most blocks give.
__device__ inline uint32_t load4(const uint8_t* p)
{
    const auto* halves = reinterpret_cast<const uint16_t*>(p);
    return halves[0] | static_cast<uint32_t>(halves[1]) << 16;
}

/// Bits 0 to 3 of `bits` as the fifth bits of four bytes.
__device__ inline uint32_t fifth_bits(uint32_t bits)
{
    return (bits & 1u) << 4 | (bits & 2u) << 11 | (bits & 4u) << 18 | (bits & 8u) << 25;
}

/// The activations of block b, four to a word.
__device__ inline const uint32_t* quants(const DeviceRow& a, int64_t b)
{
    return reinterpret_cast<const uint32_t*>(a.q + b * quant_block);
}

struct CodecQ8_0 {
    static constexpr int chunk = q8_0::n;

    __device__ static float element(const WeightRow& row, int64_t i)
    {
        const uint8_t* p = row.bytes + i / chunk * q8_0::n_bytes;
        return half_at(p + q8_0::d) * static_cast<int8_t>(p[q8_0::qs + i % chunk]);
    }
    __device__ static float dot(const WeightRow& row, int64_t b, const DeviceRow& a)
    {
        const uint8_t* p = row.bytes + b * q8_0::n_bytes;
        int32_t sum = 0;
        for (int i = 0; i < 8; ++i)
            sum = dot4(load4(p + q8_0::qs + 4 * i), quants(a, b)[i], sum);
        return half_at(p + q8_0::d) * (a.scale[b] * static_cast<float>(sum));
    }
};

/// Q4_0, Q4_1, Q5_0, Q5_1: d · q + least, with bits of q in nibbles (element j low, j + 16 high) and maybe one in a
/// word.
template <class Layout>
struct NibbleCodec {
    static constexpr int chunk = 32;

    __device__ static float element(const WeightRow& row, int64_t i)
    {
        const uint8_t* p = row.bytes + i / chunk * Layout::n_bytes;
        const int j = static_cast<int>(i % chunk);
        const uint32_t nibble = p[Layout::qs + j % 16] >> (j / 16 * 4) & 0xFu;
        return half_at(p) * static_cast<float>(nibble | (Layout::fifth(p) >> j & 1u) << 4) + Layout::least(p);
    }
    __device__ static float dot(const WeightRow& row, int64_t b, const DeviceRow& a)
    {
        const uint8_t* p = row.bytes + b * Layout::n_bytes;
        const uint32_t fifth = Layout::fifth(p);
        int32_t sum = 0;
        for (int i = 0; i < 4; ++i) {
            const uint32_t pair = load4(p + Layout::qs + 4 * i);
            sum = dot4((pair & nibbles) | fifth_bits(fifth >> 4 * i), quants(a, b)[i], sum);
            sum = dot4((pair >> 4 & nibbles) | fifth_bits(fifth >> (4 * i + 16)), quants(a, b)[i + 4], sum);
        }
        return half_at(p) * (a.scale[b] * static_cast<float>(sum)) + Layout::least(p) * a.sum(b);
    }
};

struct LayoutQ4_0 {
    static constexpr int n_bytes = q4_0::n_bytes, qs = q4_0::qs;
    __device__ static uint32_t fifth(const uint8_t*) { return 0; }
    __device__ static float least(const uint8_t* p) { return -q4_0::offset * half_at(p + q4_0::d); }
};

struct LayoutQ4_1 {
    static constexpr int n_bytes = q4_1::n_bytes, qs = q4_1::qs;
    __device__ static uint32_t fifth(const uint8_t*) { return 0; }
    __device__ static float least(const uint8_t* p) { return half_at(p + q4_1::m); }
};

struct LayoutQ5_0 {
    static constexpr int n_bytes = q5_0::n_bytes, qs = q5_0::qs;
    __device__ static uint32_t fifth(const uint8_t* p) { return load4(p + q5_0::qh); }
    __device__ static float least(const uint8_t* p) { return -q5_0::offset * half_at(p + q5_0::d); }
};

struct LayoutQ5_1 {
    static constexpr int n_bytes = q5_1::n_bytes, qs = q5_1::qs;
    __device__ static uint32_t fifth(const uint8_t* p) { return load4(p + q5_1::qh); }
    __device__ static float least(const uint8_t* p) { return half_at(p + q5_1::m); }
};

} // namespace conclave::cuda
