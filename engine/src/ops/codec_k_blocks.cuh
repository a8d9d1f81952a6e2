#pragma once

#include "ops/codec_blocks.cuh"

// Quantised weight types with blocks of 256, eight sub-blocks of 32. A chunk is one sub-block.

namespace conclave::cuda
{

/// Scale and minimum of sub-block j of Q4_K and Q5_K (k_scale_min in tensor/block_layout.hpp), on the device.
__device__ inline void scale_and_min(const uint8_t* scales, int j, float& scale, float& min)
{
    const uint32_t upper = j < 4 ? 0u : scales[j + 4];
    scale = static_cast<float>(j < 4 ? scales[j] & 63u : (upper & 0xFu) | scales[j - 4] >> 6 << 4);
    min = static_cast<float>(j < 4 ? scales[j + 4] & 63u : upper >> 4 | scales[j] >> 6 << 4);
}

/// Q4_K and Q5_K: d · scale · q − dmin · min. 32 bytes serve two sub-blocks: low nibbles the even one, high nibbles the
/// odd one; bit s of byte l of qh is the fifth bit of element l of sub-block s.
template <class Layout>
struct KCodec {
    static constexpr int chunk = 32;

    __device__ static float element(const WeightRow& row, int64_t i)
    {
        const uint8_t* p = row.bytes + i / 256 * Layout::n_bytes;
        const int s = static_cast<int>(i % 256 / 32), l = static_cast<int>(i % 32);
        float scale, min;
        scale_and_min(p + q4_k::scales, s, scale, min);
        const uint32_t nibble = p[Layout::qs + s / 2 * 32 + l] >> (s % 2 * 4) & 0xFu;
        const float q = static_cast<float>(nibble | (Layout::fifth(p, l) >> s & 1u) << 4);
        return half_at(p + q4_k::d) * scale * q - half_at(p + q4_k::dmin) * min;
    }
    __device__ static float dot(const WeightRow& row, int64_t b, const DeviceRow& a)
    {
        const uint8_t* p = row.bytes + b / 8 * Layout::n_bytes;
        const int s = static_cast<int>(b % 8);
        float scale, min;
        scale_and_min(p + q4_k::scales, s, scale, min);
        const auto* qs = reinterpret_cast<const uint32_t*>(p + Layout::qs + s / 2 * 32);
        int32_t sum = 0;
        for (int i = 0; i < 8; ++i) {
            const uint32_t fifth = (Layout::fifth4(p, i) >> s & 0x01010101u) << 4;
            sum = dot4((qs[i] >> (s % 2 * 4) & nibbles) | fifth, quants(a, b)[i], sum);
        }
        return half_at(p + q4_k::d) * scale * (a.scale[b] * static_cast<float>(sum)) -
               half_at(p + q4_k::dmin) * min * a.sum(b);
    }
};

struct LayoutQ4_K {
    static constexpr int n_bytes = q4_k::n_bytes, qs = q4_k::qs;
    __device__ static uint32_t fifth(const uint8_t*, int) { return 0; }
    __device__ static uint32_t fifth4(const uint8_t*, int) { return 0; }
};

struct LayoutQ5_K {
    static constexpr int n_bytes = q5_k::n_bytes, qs = q5_k::qs;
    __device__ static uint32_t fifth(const uint8_t* p, int l) { return p[q5_k::qh + l]; }
    __device__ static uint32_t fifth4(const uint8_t* p, int i)
    {
        return reinterpret_cast<const uint32_t*>(p + q5_k::qh)[i];
    }
};

/// d · scale · (q − 32), a scale for 16. Each half of 128 has 64 bytes of low nibbles and 32 of high bit pairs; run
/// r = s % 4 takes its own nibble and pair.
struct CodecQ6_K {
    static constexpr int chunk = 32;

    __device__ static float element(const WeightRow& row, int64_t i)
    {
        const uint8_t* p = row.bytes + i / 256 * q6_k::n_bytes;
        const int s = static_cast<int>(i % 256 / 32), l = static_cast<int>(i % 32), r = s % 4;
        const uint32_t low = p[q6_k::ql + s / 4 * 64 + r % 2 * 32 + l] >> (r / 2 * 4) & 0xFu;
        const uint32_t high = p[q6_k::qh + s / 4 * 32 + l] >> (r * 2) & 3u;
        const auto scale = static_cast<int8_t>(p[q6_k::scales + s * 2 + l / 16]);
        return half_at(p + q6_k::d) * scale * (static_cast<float>(low | high << 4) - q6_k::offset);
    }
    __device__ static float dot(const WeightRow& row, int64_t b, const DeviceRow& a)
    {
        const uint8_t* p = row.bytes + b / 8 * q6_k::n_bytes;
        const int s = static_cast<int>(b % 8), r = s % 4;
        float total = 0;
        for (int half = 0; half < 2; ++half) {
            const uint8_t* ql = p + q6_k::ql + s / 4 * 64 + r % 2 * 32 + half * 16;
            const uint8_t* qh = p + q6_k::qh + s / 4 * 32 + half * 16;
            int32_t sum = 0;
            for (int i = 0; i < 4; ++i) {
                const uint32_t low = load4(ql + 4 * i) >> (r / 2 * 4) & nibbles;
                const uint32_t high = load4(qh + 4 * i) >> (r * 2) & 0x03030303u;
                sum = dot4(low | high << 4, quants(a, b)[half * 4 + i], sum);
            }
            const auto scale = static_cast<int8_t>(p[q6_k::scales + s * 2 + half]);
            total += scale * (a.scale[b] * static_cast<float>(sum) - q6_k::offset * a.half_sum[2 * b + half]);
        }
        return half_at(p + q6_k::d) * total;
    }
};

} // namespace conclave::cuda
