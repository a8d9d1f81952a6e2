#include "ops/weight_rows.hpp"

#include <algorithm>

#include "ops/shapes.hpp"
#include "tensor/f8_e4m3.hpp"

namespace conclave
{

namespace
{

int64_t n_blocks(int64_t n)
{
    return (n + f8_scale_block - 1) / f8_scale_block;
}

/// The scales [n_blocks(n_cols)] of one row.
const float* scales_of(const ConclaveMatrix& matrix, int64_t index, int64_t row)
{
    const int64_t per_matrix = n_blocks(matrix.n_rows) * n_blocks(matrix.n_cols);
    return matrix.scale + index * per_matrix + row / f8_scale_block * n_blocks(matrix.n_cols);
}

void apply_scales(const ConclaveMatrix& matrix, int64_t index, int64_t row, float* out)
{
    if (!matrix.scale)
        return;
    const float* scales = scales_of(matrix, index, row);
    for (int64_t c = 0; c < matrix.n_cols; ++c)
        out[c] *= scales[c / f8_scale_block];
}

} // namespace

void decode_row_ref(const ConclaveMatrix& matrix, int64_t index, int64_t row, float* out)
{
    codec_of(matrix).decode_ref(row_of(matrix, index, row), matrix.n_cols, out);
    apply_scales(matrix, index, row, out);
}

void decode_row(const ConclaveMatrix& matrix, int64_t index, int64_t row, float* out)
{
    codec_of(matrix).decode(row_of(matrix, index, row), matrix.n_cols, out);
    apply_scales(matrix, index, row, out);
}

void dot_rows(const ConclaveMatrix& matrix, int64_t index, int64_t begin, int64_t n, const Activation& activation,
              float* out)
{
    if (!matrix.scale) {
        codec_of(matrix).dot_rows(row_of(matrix, index, begin), matrix.row_bytes, n, matrix.n_cols, activation, out);
        return;
    }
    for (int64_t row = begin; row < begin + n;) {
        const int64_t end = std::min((row / f8_scale_block + 1) * f8_scale_block, begin + n);
        dot_scaled_rows_f8_e4m3(row_of(matrix, index, row), matrix.row_bytes, end - row, matrix.n_cols,
                                scales_of(matrix, index, row), activation.x, out + (row - begin));
        row = end;
    }
}

} // namespace conclave
