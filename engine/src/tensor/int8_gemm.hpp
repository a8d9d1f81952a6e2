#pragma once

#include <cstdint>

#include "tensor/codec.hpp"

namespace conclave
{

/// Rows of activations that int8_gemm takes side by side.
constexpr int64_t panel_rows = 16;

/// Quantised rows of activations, regrouped in panels of sixteen: one vector holds the same four elements of every row
/// of a panel. Rows that do not exist are zero. n, the elements of a row, is a multiple of 32.
struct Int8Panels {
    int8_t* q;            ///< [n_panels][n / 4][16][4]
    float* scale;         ///< [n_panels][n / 32][16]
    float* sum;           ///< [n_panels][n / 32][16]
    int32_t* negated_sum; ///< [n_panels][n / 16][16] −Σ q
    int64_t n;

    /// The panels from number `first` on.
    Int8Panels from(int64_t first) const
    {
        const int64_t skip = first * n * panel_rows;
        return {q + skip, scale + skip / 32, sum + skip / 32, negated_sum + skip / 16, n};
    }
};

/// Fills the first panel from n_rows ≤ 16 rows.
void pack_panel(const Activation* rows, int64_t n_rows, const Int8Panels& panel);

/// Rows of one weight matrix, as long as the activations are.
struct Int8Weights {
    const Codec& codec;
    const uint8_t* rows;
    int64_t row_bytes;
    int64_t n_rows;
};

/// out[t][r] = weight row r · activation t for t < n_activations; the results of activation t start at
/// out + t * out_stride. The codec must have an unpack. Weights are unpacked once for all activations, and a result has
/// the same bits whatever n_rows and n_activations are.
void int8_gemm(const Int8Weights& weights, const Int8Panels& panels, int64_t n_activations, float* out,
               int64_t out_stride);

} // namespace conclave
