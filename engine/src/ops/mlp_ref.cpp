#include "ops/mlp.hpp"

#include <span>
#include <vector>

#include "ops/matmul.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

namespace
{

/// To each row of rows [n_rows, n].
void add_bias(const float* bias, int64_t n, std::span<float> rows)
{
    for (size_t i = 0; bias && i < rows.size(); ++i)
        rows[i] += bias[i % static_cast<size_t>(n)];
}

} // namespace

void gated_unit_ref(const GatedUnit& unit, const float* n, int32_t n_rows, float* out)
{
    const int64_t hidden = unit.gate.n_cols;
    const int64_t width = unit.gate.n_rows;
    std::vector<float> gate(static_cast<size_t>(n_rows * width));
    std::vector<float> up(gate.size());
    matmul_ref(unit.gate, unit.index, n, hidden, n_rows, gate.data(), width);
    matmul_ref(unit.up, unit.index, n, hidden, n_rows, up.data(), width);
    add_bias(unit.extras.gate_bias, width, gate);
    add_bias(unit.extras.up_bias, width, up);
    if (unit.extras.activation == conclave_activation_clamped)
        clamped_multiply_ref(unit.extras.clamped, gate.data(), up.data(), n_rows * width, gate.data());
    else
        silu_multiply_ref(gate.data(), up.data(), n_rows * width, gate.data());
    matmul_ref(unit.down, unit.index, gate.data(), width, n_rows, out, hidden);
    add_bias(unit.extras.down_bias, hidden, {out, static_cast<size_t>(n_rows * hidden)});
}

void mlp_ref(const ConclaveMlpWeights& w, int32_t n_rows, float* x)
{
    std::vector<float> normed(static_cast<size_t>(n_rows) * w.hidden);
    std::vector<float> out(normed.size());
    for (int32_t i = 0; i < n_rows; ++i)
        rmsnorm_ref(x + static_cast<int64_t>(i) * w.hidden, w.norm, w.hidden, w.rms_norm_eps,
                    normed.data() + static_cast<int64_t>(i) * w.hidden);
    gated_unit_ref({w.gate, w.up, w.down, 0}, normed.data(), n_rows, out.data());
    for (size_t i = 0; i < out.size(); ++i)
        x[i] += out[i];
}

} // namespace conclave
