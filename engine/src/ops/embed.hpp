#pragma once

#include "base/thread_pool.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// x [batch.n_rows, embedding.n_cols] = the embedding rows of the batch's tokens.
void embed_ref(const ConclaveMatrix& embedding, const ConclaveBatch& batch, float* x);
void embed_cpu(ThreadPool& pool, const ConclaveMatrix& embedding, const ConclaveBatch& batch, float* x);

} // namespace conclave
