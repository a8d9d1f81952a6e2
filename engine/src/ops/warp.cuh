#pragma once

#include "device/cuda.hpp"

namespace conclave::cuda
{

constexpr int warp_lanes = 32;
constexpr uint32_t whole_warp = 0xFFFFFFFFu;

/// The sum over the warp, in every lane the same bits: partners add each other's values, and addition commutes.
__device__ inline float warp_sum(float value)
{
#ifdef CONCLAVE_CUDA_EMULATED // the same in one exchange instead of five
    return emulated::running()->warp_sum(value);
#else
    for (int step = warp_lanes / 2; step > 0; step /= 2)
        value += __shfl_xor_sync(whole_warp, value, step);
    return value;
#endif
}

__device__ inline float warp_max(float value)
{
    for (int step = warp_lanes / 2; step > 0; step /= 2)
        value = fmaxf(value, __shfl_xor_sync(whole_warp, value, step));
    return value;
}

/// A value and where it was found.
struct Found {
    float value;
    int index; ///< −1: nowhere
};

/// Whether `a` comes before `b`: the larger value, of equal ones the lower index.
__device__ inline bool before(const Found& a, const Found& b)
{
    if (a.index < 0 || b.index < 0)
        return b.index < 0 && a.index >= 0;
    return a.value > b.value || (a.value == b.value && a.index < b.index);
}

/// The first of the warp's, in every lane.
__device__ inline Found warp_first(Found mine)
{
    for (int step = warp_lanes / 2; step > 0; step /= 2) {
        const Found other = {__shfl_xor_sync(whole_warp, mine.value, step),
                             __shfl_xor_sync(whole_warp, mine.index, step)};
        if (before(other, mine))
            mine = other;
    }
    return mine;
}

} // namespace conclave::cuda
