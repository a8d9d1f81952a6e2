#pragma once

#include "ops/activation_rows.hpp"
#include "ops/backend_cpu.hpp"
#include "ops/gated_extras.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// One gated unit: W_down (silu(W_gate n) ⊙ W_up n). Expert `index` of stacked matrices, or 0.
struct GatedUnit {
    const ConclaveMatrix& gate;
    const ConclaveMatrix& up;
    const ConclaveMatrix& down;
    int64_t index;
    GatedExtras extras = {};
};

/// out [n_rows, hidden] = the unit applied to n [n_rows, hidden].
void gated_unit_ref(const GatedUnit& unit, const float* n, int32_t n_rows, float* out);

/// x [n_rows, hidden] += W_down (silu(W_gate n) ⊙ W_up n), n = RMSNorm(x). Source: Shazeer 2020 (SwiGLU); DeepSeek-V3
/// inference/model.py MLP.
void mlp_ref(const ConclaveMlpWeights& weights, int32_t n_rows, float* x);

/// What a step of a dense MLP needs.
struct MlpScratch {
    ActivationRows input; ///< [n_rows, hidden]
    ActivationRows inner; ///< [n_rows, width]
    float* out;           ///< [n_rows, hidden]
    PanelMemory panels;

    static MlpScratch take(Scratch& scratch, int64_t n_rows, int64_t hidden, int64_t width);
};

/// The Highway version; two barriers.
ConclaveStatus mlp_cpu(CpuBackend& backend, const ConclaveMlpWeights& weights, int32_t n_rows, float* x,
                       ConclaveMessage* message);

} // namespace conclave
