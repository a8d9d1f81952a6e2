#pragma once

#include "ops/activation_rows.hpp"
#include "ops/backend_cpu.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// x [batch.n_rows, hidden] = W_eh · [RMSNorm_e(embedding of the batch's token) | RMSNorm_h(x)], in place. Source:
/// DeepSeek-V3 technical report, equation 21, whose figure takes x before the output norm; the order of the halves is
/// that of the published weights.
void mtp_mix_ref(const ConclaveMtpWeights& weights, const ConclaveBatch& batch, float* x);

/// What a step of mtp_mix needs.
struct MtpScratch {
    ActivationRows input; ///< [n_rows, 2 * hidden]
    PanelMemory panels;

    static MtpScratch take(Scratch& scratch, int64_t n_rows, int64_t hidden);
};

/// The Highway version; one barrier, two for many rows.
ConclaveStatus mtp_mix_cpu(CpuBackend& backend, const ConclaveMtpWeights& weights, const ConclaveBatch& batch, float* x,
                           ConclaveMessage* message);

} // namespace conclave
