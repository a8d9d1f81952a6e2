#pragma once

#include <cstdint>

#include "ops/activation_rows.hpp"
#include "ops/backend_cpu.hpp"
#include "ops/gated.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// Routes of RMSNorm(x), and with `scores` [n_rows, n_experts] not null also every expert's score before bias and
/// groups; routes may be null when only the scores are wanted. x [n_rows, hidden] is read only.
void route_ref(const ConclaveMoeWeights& weights, int32_t n_rows, const float* x, const ConclaveRoutes* routes,
               float* scores);

/// Which part of a layer's experts one call computes.
struct ExpertShare {
    const uint8_t* owned; ///< [n_experts], computed where not 0; null: all
    bool with_shared;
};

/// out [n_rows, hidden] = Σ weight_e · expert_e(n) over the owned routed experts, in ascending order of expert, then
/// the shared expert times its gate; n = RMSNorm(x). The order is by id, not by rank, so that grouping rows by expert
/// changes no bit. Source: DeepSeek-V3 inference/model.py MoE.forward; the gate: transformers modeling_qwen2_moe.py,
/// Qwen2MoeSparseMoeBlock.
void experts_ref(const ConclaveMoeWeights& weights, int32_t n_rows, const float* x, const ConclaveRoutes& routes,
                 const ExpertShare& share, float* out);

/// x [n_rows, hidden] += the routed and the shared experts of RMSNorm(x): route_ref, then all of experts_ref.
void moe_ref(const ConclaveMoeWeights& weights, int32_t n_rows, float* x, const ConclaveRoutes& routes);

/// What a step of an expert layer needs; pairs are (row, expert chosen), in ascending order of expert, then of row.
struct MoeScratch {
    struct Shape {
        int64_t n_rows, hidden, n_experts, n_experts_used, expert_width, shared_width;
    };
    ActivationRows input;  ///< [n_rows, hidden]
    float* scores;         ///< [n_rows, n_experts]
    float* selection;      ///< [n_rows, n_experts]
    int32_t* pair_end;     ///< [n_experts] one past the last pair of each expert
    int32_t* pair_row;     ///< [n_rows * n_experts_used]
    float* pair_weight;    ///< [n_rows * n_experts_used]
    GatedJob* jobs;        ///< [n_experts + 1]
    ActivationRows routed; ///< [n_rows * n_experts_used, expert_width]
    ActivationRows shared; ///< [n_rows, shared_width]
    float* shared_weight;  ///< [n_rows]
    float* out;            ///< [n_rows, hidden]
    PanelMemory panels;

    static MoeScratch take(Scratch& scratch, const Shape& shape);
};

/// The Highway versions of the above. Three barriers for one row: router, gate and up, down.
ConclaveStatus route_cpu(CpuBackend& backend, const ConclaveMoeWeights& weights, int32_t n_rows, const float* x,
                         const ConclaveRoutes* routes, float* scores, ConclaveMessage* message);
ConclaveStatus experts_cpu(CpuBackend& backend, const ConclaveMoeWeights& weights, int32_t n_rows, const float* x,
                           const ConclaveRoutes& routes, const ExpertShare& share, float* out,
                           ConclaveMessage* message);
ConclaveStatus moe_cpu(CpuBackend& backend, const ConclaveMoeWeights& weights, int32_t n_rows, float* x,
                       const ConclaveRoutes& routes, ConclaveMessage* message);

} // namespace conclave
