#pragma once

#include <cstdint>

#include "ops/op_table.hpp"

namespace conclave
{

/// out[i, r] = Σ_c W[index][r, c] · x[i, c]; each weight row is decoded once, each sum is in double and rounded once.
/// x [n_rows, x_stride ≥ W.n_cols]; out [n_rows, out_stride ≥ W.n_rows], must not alias x. Allocates one row.
void matmul_ref(const ConclaveMatrix& matrix, int64_t index, const float* x, int64_t x_stride, int64_t n_rows,
                float* out, int64_t out_stride);

} // namespace conclave
