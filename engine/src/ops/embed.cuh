#pragma once

#include "ops/codec.cuh"

namespace conclave::cuda
{

/// x [n_rows, embedding.n_cols] = the embedding rows of token [n_rows].
void embed(const ConclaveMatrix& embedding, const int32_t* token, int64_t n_rows, float* x, cudaStream_t stream);

} // namespace conclave::cuda
