#pragma once

#include "base/thread_pool.hpp"
#include "ops/activation_rows.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// The rows of the residual stream that become logits.
struct HeadCall {
    const float* norm; ///< [output.n_cols]
    float rms_norm_eps;
    const ConclaveMatrix& output; ///< [n_vocab, hidden]
    const float* x;               ///< [any, hidden]
    const int32_t* row_index;     ///< [n_out] rows of x
    int32_t n_out;
};

/// logits [n_out, n_vocab] = W · RMSNorm(x[row_index[i]]).
void head_ref(const HeadCall& call, float* logits);
/// scratch [max_rows, hidden] and its panels; more rows than that go through in blocks.
void head_cpu(ThreadPool& pool, const HeadCall& call, const ActivationRows& scratch, const PanelMemory& panels,
              int64_t max_rows, float* logits);

} // namespace conclave
