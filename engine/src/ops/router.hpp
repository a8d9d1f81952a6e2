#pragma once

#include <cstdint>

#include "ops/op_table.hpp"

namespace conclave
{

/// logits [n_experts] = W · n + bias, each a sum in double rounded once, so that every backend sees the same float.
/// n [hidden], after RMSNorm; bias may be null. The second computes experts [begin, end) only.
void router_logits_ref(const ConclaveMatrix& router, const float* bias, const float* n, float* logits);
void router_logits(const ConclaveMatrix& router, const float* bias, const float* n, int64_t begin, int64_t end,
                   float* logits);

/// 1 / (1 + e^−x) in double, rounded once: a score of the router, and what the shared expert is worth behind its gate.
float sigmoid(float x);

/// scores [n_experts] from logits [n_experts] (may be the same array): softmax over all, or sigmoid of each, in double,
/// rounded once; or the logits themselves. A NaN logit scores NaN and does not poison the other scores; +inf logits
/// share the softmax equally; when no logit is above −inf every softmax score is 0.
void router_scores(int32_t score, const float* logits, int32_t n_experts, float* scores);

/// One row's decision, written as ConclaveRoutes describes it.
struct RouteRow {
    uint16_t* ids;                 ///< [k] by descending selection score
    float* weights;                ///< [k]
    float* margin;                 ///< of the last chosen to the best not chosen, in selection score
    uint32_t* groups;              ///< mask of open groups
    float* group_margin = nullptr; ///< of the worst open to the best closed group, in group score; not wanted when null
};

/// Chooses k experts by score + bias among the open groups and weighs them by score alone, or by the softmax of the
/// chosen logits.
/// scores [n_experts]; selection [n_experts] scratch, must not alias scores. NaN selection scores count as −inf; a
/// chosen NaN weighs 0. Rejected groups are −inf, not 0: biased scores can be negative. Ties go to the lower id, of
/// experts and of groups. Source: DeepSeek-V3 inference/model.py Gate.forward; DeepSeek-V2 modeling_deepseek.py MoEGate
/// (group_limited_greedy).
void select_experts(const ConclaveMoeWeights& weights, const float* scores, float* selection, const RouteRow& out);

/// The place of one row inside a caller's routes.
inline RouteRow route_row(const ConclaveRoutes& routes, int64_t row)
{
    return {routes.ids + row * routes.row_stride_k, routes.weights + row * routes.row_stride_k,
            routes.margins + row * routes.row_stride_one, routes.groups + row * routes.row_stride_one,
            routes.group_margins ? routes.group_margins + row * routes.row_stride_one : nullptr};
}

} // namespace conclave
