#pragma once

#include <cstdint>

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
/// the shared expert; n = RMSNorm(x). The order is by id, not by rank, so that grouping rows by expert changes no bit.
/// Source: DeepSeek-V3 inference/model.py MoE.forward.
void experts_ref(const ConclaveMoeWeights& weights, int32_t n_rows, const float* x, const ConclaveRoutes& routes,
                 const ExpertShare& share, float* out);

/// x [n_rows, hidden] += the routed and the shared experts of RMSNorm(x): route_ref, then all of experts_ref.
void moe_ref(const ConclaveMoeWeights& weights, int32_t n_rows, float* x, const ConclaveRoutes& routes);

} // namespace conclave
