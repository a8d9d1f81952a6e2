#pragma once

#include <cstdint>

#include "ops/op_table.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

/// What a gated unit has besides its matrices: biases (of one expert; null: none), and how gate and up meet.
struct GatedExtras {
    const float* gate_bias = nullptr; ///< [width]
    const float* up_bias = nullptr;   ///< [width]
    const float* down_bias = nullptr; ///< [hidden]
    int32_t activation = conclave_activation_silu;
    ClampedGate clamped = {};
};
/// Those of routed expert e.
inline GatedExtras expert_extras(const ConclaveMoeWeights& w, int64_t e)
{
    const auto row = [e](const float* biases, int64_t n) { return biases ? biases + e * n : nullptr; };
    const int64_t width = w.gate_exps.n_rows;
    return {row(w.gate_exps_bias, width),
            row(w.up_exps_bias, width),
            row(w.down_exps_bias, w.hidden),
            w.activation,
            {w.activation_alpha, w.activation_limit}};
}

} // namespace conclave
