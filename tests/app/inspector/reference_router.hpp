#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/op_table.hpp"

/// One decision of a DeepSeek-V3 router.
struct ReferenceRoute {
    std::vector<int> ids;        ///< by descending selection score
    std::vector<double> weights; ///< of `ids`
    double margin = 0;           ///< of the last chosen to the best not chosen in an open group
    uint32_t groups = 0;         ///< mask of open groups
    double groupMargin = 0;      ///< of the worst open to the best closed group
};

/// Routes one row by plain loops in double, written from the published code and sharing no line with the engine: x
/// [hidden] is the residual stream before the layer's norm. What that code holds as float32 tensors (normed input,
/// logits, scores) is rounded to float32 here too, so that a near tie falls the same way. Sigmoid scores, groups by the
/// sum of their best two, F32 router weights. Source: DeepSeek-V3 inference/model.py, Gate.forward.
ReferenceRoute referenceRoute(const ConclaveMoeWeights& weights, std::span<const float> x);
