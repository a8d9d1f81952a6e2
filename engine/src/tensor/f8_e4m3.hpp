#pragma once

#include <cstdint>

namespace conclave
{

/// Weights published in FP8 have one scale for each block of so many rows and columns; blocks at the end are smaller.
constexpr int64_t f8_scale_block = 128;

/// out[r] = Σ over blocks b of scales[b] · (row r · x within b), for rows that share their scales. rows as for
/// Codec::dot_rows; scales [n / 128 rounded up]; x [n]. The result does not depend on n_rows.
/// Source: DeepSeek-V3 inference/kernel.py, weight_dequant_kernel.
void dot_scaled_rows_f8_e4m3(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const float* scales,
                             const float* x, float* out);

} // namespace conclave
