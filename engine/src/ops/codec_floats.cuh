#pragma once

#include "ops/device_rows.cuh"
#include "ops/ptx.cuh"
#include "tensor/f8_e4m3.hpp"

// Weight types whose elements stand by themselves. A lane takes `chunk` neighbours at a time: 16 bytes where rows are
// aligned for it, else one.

namespace conclave::cuda
{

/// A row of weights as the file has it.
struct WeightRow {
    const uint8_t* bytes;
    const float* scale; ///< of FP8: [n / 128 rounded up]
};

/// One load of n bytes.
template <int n_bytes>
struct Chunk {
    alignas(n_bytes) uint8_t bytes[n_bytes];
};

template <class Element, int n>
struct FloatCodec {
    static constexpr int chunk = n;

    __device__ static float element(const WeightRow& row, int64_t i)
    {
        return Element::value(row.bytes + i * Element::n_bytes) * Element::scale(row, i);
    }
    __device__ static float dot(const WeightRow& row, int64_t c, const DeviceRow& a)
    {
        const auto weights =
            *reinterpret_cast<const Chunk<n * Element::n_bytes>*>(row.bytes + c * n * Element::n_bytes);
        const auto values = *reinterpret_cast<const Values*>(a.x + c * n);
        float sum = 0;
        for (int i = 0; i < n; ++i)
            sum += Element::value(weights.bytes + i * Element::n_bytes) * values.x[i];
        return sum * Element::scale(row, c * n);
    }

private:
    struct Values {
        alignas(n >= 4 ? 16 : 4) float x[n];
    };
};

struct ElementF32 {
    static constexpr int n_bytes = 4;
    __device__ static float value(const uint8_t* p) { return *reinterpret_cast<const float*>(p); }
    __device__ static float scale(const WeightRow&, int64_t) { return 1.0f; }
};

struct ElementF16 {
    static constexpr int n_bytes = 2;
    __device__ static float value(const uint8_t* p)
    {
        return float_of_half_bits(*reinterpret_cast<const uint16_t*>(p));
    }
    __device__ static float scale(const WeightRow&, int64_t) { return 1.0f; }
};

struct ElementBF16 {
    static constexpr int n_bytes = 2;
    __device__ static float value(const uint8_t* p)
    {
        return float_of_bits(static_cast<uint32_t>(*reinterpret_cast<const uint16_t*>(p)) << 16);
    }
    __device__ static float scale(const WeightRow&, int64_t) { return 1.0f; }
};

/// Sign, four bits of exponent with a bias of 7, three of fraction: an E4M3 is a binary16 whose exponent is 8 too small
/// and whose fraction has seven more bits, but for NaN. Source: OCP 8-bit Floating Point Specification.
struct ElementF8 {
    static constexpr int n_bytes = 1;
    __device__ static float value(const uint8_t* p)
    {
        const uint32_t byte = *p;
        if ((byte & 0x7Fu) == 0x7Fu)
            return float_of_bits(0x7FC00000u);
        return float_of_half_bits(static_cast<uint16_t>((byte & 0x80u) << 8 | (byte & 0x7Fu) << 7)) * 256.0f;
    }
    __device__ static float scale(const WeightRow& row, int64_t i) { return row.scale[i / f8_scale_block]; }
};

} // namespace conclave::cuda
