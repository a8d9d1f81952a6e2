#pragma once

#include <cstdint>

#include "ops/op_table.hpp"
#include "tensor/codec.hpp"

namespace conclave
{

/// out [n_cols] = row `row` of matrix `index`, as the numbers it stands for: the scales of FP8 blocks are applied.
void decode_row_ref(const ConclaveMatrix& matrix, int64_t index, int64_t row, float* out);
/// The same bits by the tuned decoder.
void decode_row(const ConclaveMatrix& matrix, int64_t index, int64_t row, float* out);

/// out [n] = rows begin to begin + n of matrix `index`, each · activation. The bits do not depend on begin or n.
void dot_rows(const ConclaveMatrix& matrix, int64_t index, int64_t begin, int64_t n, const Activation& activation,
              float* out);

} // namespace conclave
