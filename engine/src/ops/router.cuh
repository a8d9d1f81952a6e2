#pragma once

#include "ops/op_table.hpp"
#include "ops/warp.cuh"

namespace conclave::cuda
{

constexpr int32_t max_experts = 1024; ///< whose scores a block keeps at hand; published models have at most 512

/// From the router's logits of every row: scores, and the choice of select_experts (ops/router.hpp) as routes on the
/// device, which are the trace.
struct Select {
    const float* logits; ///< [n_rows, n_experts]
    const float* bias;   ///< [n_experts] or null
    int32_t n_experts, n_experts_used, score, group_rule, n_group, topk_group, norm_topk_prob;
    float routed_scaling_factor;
    ConclaveRoutes routes;   ///< ids null: not wanted
    float* scores = nullptr; ///< [n_rows, n_experts] or null
};
void select_experts(const Select& job, int64_t n_rows, cudaStream_t stream);

} // namespace conclave::cuda
