#pragma once

#include "ops/op_table.hpp"
#include "ops/warp.cuh"

namespace conclave::cuda
{

constexpr int max_sequences = 32; ///< of one step, whose views travel as an argument of a kernel

/// Which rows a step computes, on the device, and one layer's cache of each sequence.
struct CachedRows {
    const int32_t* sequence;               ///< [n_rows]
    const int32_t* position;               ///< [n_rows]
    ConclaveCacheView view[max_sequences]; ///< pages on the device

    /// The cached row of a position of row i's sequence.
    __device__ float* at(int64_t i, int32_t at_position) const
    {
        const ConclaveCacheView& cache = view[sequence[i]];
        return static_cast<float*>(cache.pages[at_position / cache.page_rows]) +
               static_cast<int64_t>(at_position % cache.page_rows) * cache.row_width;
    }
};

/// Rotates value(0 … n_dims) of a head into out as rope_rotate (ops/rope.hpp) does; the lanes share the pairs.
template <class Value>
__device__ void rotate(const ConclaveRope& rope, int32_t position, Value&& value, float* out, int lane)
{
    const int half = rope.n_dims / 2;
    for (int p = lane; p < half; p += warp_lanes) {
        // In double: a float angle at position 131,071 is off by 0.008 rad.
        const double angle = static_cast<double>(position) * rope.inverse_frequency[p];
        const auto cosine = static_cast<float>(cos(angle) * rope.magnitude);
        const auto sine = static_cast<float>(sin(angle) * rope.magnitude);
        const float a = value(rope.interleaved ? 2 * p : p);
        const float b = value(rope.interleaved ? 2 * p + 1 : p + half);
        out[p] = a * cosine - b * sine;
        out[p + half] = a * sine + b * cosine;
    }
}

} // namespace conclave::cuda
