#include "ops/mlp.hpp"

#include <vector>

#include "ops/matmul.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

void gated_unit_ref(const GatedUnit& unit, const float* n, int32_t n_rows, float* out)
{
    const int64_t hidden = unit.gate.n_cols;
    const int64_t width = unit.gate.n_rows;
    std::vector<float> gate(static_cast<size_t>(n_rows * width));
    std::vector<float> up(gate.size());
    matmul_ref(unit.gate, unit.index, n, hidden, n_rows, gate.data(), width);
    matmul_ref(unit.up, unit.index, n, hidden, n_rows, up.data(), width);
    silu_multiply_ref(gate.data(), up.data(), n_rows * width, gate.data());
    matmul_ref(unit.down, unit.index, gate.data(), width, n_rows, out, hidden);
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
