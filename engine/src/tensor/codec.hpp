#pragma once

#include <cstdint>
#include <span>

#include "tensor/dtype.hpp"

namespace conclave
{

/// Activations prepared once for a matrix product: the floats, and the same in int8 blocks of 32.
/// x[i] ≈ scale[i / 32] · q[i]; sum[b] = Σ q over block b, which folds the minima of asymmetric weight blocks.
struct Activation {
    const float* x;     ///< [n]
    const int8_t* q;    ///< [n]; null when the codec takes floats
    const float* scale; ///< [n / 32]
    const int32_t* sum; ///< [n / 32]
};

/// What one weight type can do. One file group per type: NAME_ref.cpp decodes by plain loops and is the oracle,
/// NAME_cpu.cpp holds the Highway kernels.
struct Codec {
    DType dtype;
    bool takes_int8; ///< dot_rows reads Activation::q; otherwise Activation::x

    /// out [n] = the n elements that start at `in` (unaligned); n is a multiple of the block size.
    void (*decode_ref)(const uint8_t* in, int64_t n, float* out);
    void (*decode)(const uint8_t* in, int64_t n, float* out);
    /// out[r] = row r · activation for r < n_rows, rows at `row_bytes` distance, n elements each. Accumulates in a
    /// fixed order: the result does not depend on n_rows or on how rows are split over threads.
    void (*dot_rows)(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& activation,
                     float* out);
};

/// Never null for a DType of all_dtypes().
const Codec& codec(DType dtype);

/// Quantises x [n] (n a multiple of 32) into q [n], scale [n/32], sum [n/32]: scale = amax/127, q = round to nearest
/// even.
void quantize_activation_ref(const float* x, int64_t n, int8_t* q, float* scale, int32_t* sum);
void quantize_activation(const float* x, int64_t n, int8_t* q, float* scale, int32_t* sum);

} // namespace conclave
