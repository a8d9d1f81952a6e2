#pragma once

#include <cstdint>

#include "ops/warp.cuh"

namespace conclave::cuda
{

constexpr int quant_block = 32; ///< activations that share a scale

/// One row of activations, as a product reads it.
struct DeviceRow {
    const float* x;        ///< [n]
    const int8_t* q;       ///< [n]
    const float* scale;    ///< [n / 32]
    const float* half_sum; ///< [n / 16]

    __device__ float sum(int64_t block) const { return half_sum[2 * block] + half_sum[2 * block + 1]; }
};

/// Rows of activations on the device: the floats, and room for the same in int8 blocks of 32, filled where a weight
/// type asks for them. x[i] ≈ scale[i / 32] · q[i]; the half sums are of scale · q over 16.
struct DeviceRows {
    float* x;
    int8_t* q;
    float* scale;
    float* half_sum;
    int64_t n;
    int64_t x_stride; ///< floats from one row to the next; the rest is dense

    __device__ DeviceRow row(int64_t i) const
    {
        return {x + i * x_stride, q + i * n, scale + i * (n / quant_block), half_sum + i * (n / quant_block) * 2};
    }
};

/// Quantises the 32 values that a warp holds as block `block` of row i. Every lane must call it.
__device__ inline void quantize_block(const DeviceRows& rows, int64_t i, int64_t block, float value, int lane)
{
    const float largest = warp_max(fabsf(value));
    const float scale = largest / 127.0f;
    const float q = largest > 0 ? rintf(value / scale) : 0.0f;
    float sum = scale * q;
    for (int step = 8; step > 0; step /= 2) // within each half of the warp
        sum += __shfl_xor_sync(whole_warp, sum, step);
    const int64_t at = i * (rows.n / quant_block) + block;
    rows.q[at * quant_block + lane] = static_cast<int8_t>(q);
    if (lane == 0)
        rows.scale[at] = scale;
    if (lane % 16 == 0)
        rows.half_sum[2 * at + lane / 16] = sum;
}

} // namespace conclave::cuda
