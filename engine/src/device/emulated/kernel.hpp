#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <source_location>

#include "device/emulated/block.hpp"

// What a kernel sees of CUDA, under its own names.

using std::isnan;

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __grid_constant__
#define threadIdx (::conclave::emulated::running()->thread_index())
#define blockIdx (::conclave::emulated::running()->block_index())
#define blockDim (::conclave::emulated::running()->block_shape())
#define gridDim (::conclave::emulated::running()->grid_shape())

struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(16) float4 {
    float x, y, z, w;
};

namespace conclave::emulated
{

template <class T>
uint64_t as_bits(T value)
{
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
}

template <class T>
T from_bits(uint64_t bits)
{
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

} // namespace conclave::emulated

inline void __syncthreads(std::source_location where = std::source_location::current())
{
    conclave::emulated::running()->barrier(where);
}

inline void __syncwarp(uint32_t mask = 0xFFFFFFFFu, std::source_location where = std::source_location::current())
{
    conclave::emulated::running()->warp_barrier(mask, where);
}

template <class T>
T __shfl_sync(uint32_t mask, T value, int lane, std::source_location where = std::source_location::current())
{
    return conclave::emulated::from_bits<T>(conclave::emulated::running()->exchange(
        mask, conclave::emulated::as_bits(value), static_cast<uint32_t>(lane) % 32, where));
}

template <class T>
T __shfl_xor_sync(uint32_t mask, T value, int lane_mask, std::source_location where = std::source_location::current())
{
    return __shfl_sync(mask, value, static_cast<int>(conclave::emulated::running()->lane()) ^ lane_mask, where);
}

inline uint32_t __ballot_sync(uint32_t mask, int value, std::source_location where = std::source_location::current())
{
    return conclave::emulated::running()->vote(mask, value != 0, where);
}
