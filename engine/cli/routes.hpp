#pragma once

#include <vector>

#include "conclave/trace.hpp"
#include "json.hpp"

namespace conclave::cli
{

/// The set bits of a group mask as a list of group numbers.
Json group_list(uint32_t mask);

/// The routes of row `row` of a step, {layer, ids, weights, margin, groups, group_margin} for each MoE layer; empty
/// when none were recorded.
Json routes_of(const StepTrace& step, size_t row, const std::vector<int>& moe_layers);

} // namespace conclave::cli
