#pragma once

#include "ops/backend_cpu.hpp"
#include "ops/op_table.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

/// x [n_rows, hidden] += W_o · attention(RMSNorm(x)); writes the batch's rows into the caches, then lets each row see
/// every position of its own sequence up to its own. naive: k_nope = k_bᵀ c and v = v_b c of every position, scores
/// over [nope | rope]. absorbed: q̃ = k_b q_nope meets the latent itself, values are summed as latents and go through
/// v_b once. Both scale by softmax_scale. Source: DeepSeek-V2 paper §2.1, appendix C; DeepSeek-V3 inference/model.py
/// MLA.forward.
void attention_mla_ref(const ConclaveMlaWeights& weights, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                       int32_t mode, float* x);

/// The Highway version. Four barriers: the two low-rank products, the queries, the heads, the output; one more when
/// some sequences of the batch take the naive form and others the absorbed one.
ConclaveStatus attention_mla_cpu(CpuBackend& backend, const ConclaveMlaWeights& weights, const ConclaveBatch& batch,
                                 const ConclaveCacheView* caches, int32_t mode, float* x, ConclaveMessage* message);

/// Which form a sequence with n_rows rows in the batch takes; how many others share the batch does not matter, so that
/// a sequence is computed the same way whoever it is computed with.
inline bool is_naive(int32_t mode, int32_t n_rows)
{
    return mode == conclave_mla_naive || (mode == conclave_mla_auto && n_rows >= prefill_rows);
}

} // namespace conclave
