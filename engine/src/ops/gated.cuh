#pragma once

#include "ops/codec.cuh"

namespace conclave::cuda
{

/// silu(W_gate n) ⊙ W_up n of one unit for every row, or of the n_used experts that a router chose for it:
/// out row i · n_used + j is of expert ids[i, j].
struct GatedUp {
    ConclaveMatrix gate, up; ///< absent: nothing to do
    DeviceRows in;           ///< [n_rows, hidden]
    DeviceRows out;          ///< [n_rows · n_used, width]
    bool int8;               ///< out with int8 blocks, for the product that follows
    const uint16_t* ids = nullptr;
    int64_t ids_stride = 0;
    int32_t n_used = 1;
};
/// Routed experts and the shared one, or a dense layer, in one launch.
void gated_up(const GatedUp& routed, const GatedUp& shared, int64_t n_rows, cudaStream_t stream);

/// out[i] = Σ_j weights[i, j] · W_routed[ids[i, j]] · routed_in[i · n_used + j] over owned experts, j ascending, then
/// the shared unit times its gate: sigmoid(shared_gate[i]), or 1. Added to what out holds when `add`.
struct GatedDown {
    ConclaveMatrix routed = {}, shared = {}; ///< either may be absent
    DeviceRows routed_in = {}, shared_in = {};
    const uint16_t* ids = nullptr;
    const float* weights = nullptr;
    int64_t ids_stride = 0;
    int32_t n_used = 0;
    const uint8_t* owned = nullptr;     ///< [n_experts] or null: all
    const float* shared_gate = nullptr; ///< [n_rows] or null
    float* out;
    int32_t hidden;
    bool add;
};
void gated_down(const GatedDown& job, int64_t n_rows, cudaStream_t stream);

} // namespace conclave::cuda
