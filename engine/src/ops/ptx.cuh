#pragma once

#include <bit>
#include <cstdint>

#include "device/cuda.hpp"
#ifdef CONCLAVE_CUDA_EMULATED
#include "tensor/half.hpp"
#endif

// Instructions that C++ has no word for. All inline PTX of the kernels is here, each piece with what it means to the
// emulation.

namespace conclave::cuda
{

/// IEEE 754 binary16 as a float.
__device__ inline float float_of_half_bits(uint16_t bits)
{
#ifdef CONCLAVE_CUDA_EMULATED
    return float_of_half(bits);
#else
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
#endif
}

/// c + Σ of the four products of signed bytes.
__device__ inline int32_t dot4(uint32_t a, uint32_t b, int32_t c)
{
#ifdef CONCLAVE_CUDA_EMULATED
    for (int i = 0; i < 4; ++i)
        c += static_cast<int8_t>(a >> 8 * i) * static_cast<int8_t>(b >> 8 * i);
    return c;
#else
    int32_t sum;
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(b), "r"(c));
    return sum;
#endif
}

/// The bits of an integer as a float.
__device__ inline float float_of_bits(uint32_t bits)
{
#ifdef CONCLAVE_CUDA_EMULATED
    return std::bit_cast<float>(bits);
#else
    return __uint_as_float(bits);
#endif
}

} // namespace conclave::cuda
