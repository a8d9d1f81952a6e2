#pragma once

#include <cstdint>
#include <span>

#include "tensor/dtype.hpp"

namespace conclave
{

/// Activations prepared once for a matrix product: the floats, and the same in int8 blocks of 32.
/// x[i] ≈ scale[i / 32] · q[i]. The sums of what that stands for, over 32 and over 16 elements, fold the minima and
/// offsets of weight blocks.
struct Activation {
    const float* x;        ///< [n]
    const int8_t* q;       ///< [n]; null when the codec takes floats
    const float* scale;    ///< [n / 32]
    const float* sum;      ///< [n / 32]
    const float* half_sum; ///< [n / 16]
};

/// How a type's rows look unpacked: value = d · (q − 2^offset_bits), or d·q − m.
struct Int8Form {
    int scales_per_32; ///< 1, or 2: a d (and m) for every 16 elements
    bool has_min;
    int offset_bits;
};

/// Where Codec::unpack writes a row of n elements.
struct UnpackedRow {
    uint8_t* q; ///< [n]; at most 127, with 7 offset bits at most 255
    float* d;   ///< [n / 32 · scales_per_32]
    float* m;   ///< as d; left alone by types without minima
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
    /// Quants and scales apart, n a multiple of the block size; null for types that take floats and in builds without
    /// tuned kernels.
    void (*unpack)(const uint8_t* row, int64_t n, const UnpackedRow& out);
    Int8Form form; ///< of what unpack writes
};

/// Never null for a DType of all_dtypes().
const Codec& codec(DType dtype);

/// Where quantize_activation writes; the members of an Activation.
struct QuantizedActivation {
    int8_t* q;
    float* scale;
    float* sum;
    float* half_sum;
};

/// Quantises x [n], n a multiple of 32: scale = amax/127, q = round to nearest even.
void quantize_activation_ref(const float* x, int64_t n, const QuantizedActivation& out);
void quantize_activation(const float* x, int64_t n, const QuantizedActivation& out);

} // namespace conclave
