#include "ops/experts.hpp"

#include <algorithm>
#include <vector>

#include "ops/mlp.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/router.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

void route_ref(const ConclaveMoeWeights& w, int32_t n_rows, const float* x, const ConclaveRoutes* routes, float* scores)
{
    std::vector<float> normed(static_cast<size_t>(w.hidden));
    std::vector<float> row(static_cast<size_t>(w.n_experts));
    std::vector<float> selection(row.size());
    for (int64_t i = 0; i < n_rows; ++i) {
        rmsnorm_ref(x + i * w.hidden, w.norm, w.hidden, w.rms_norm_eps, normed.data());
        router_logits_ref(w.router, w.router_bias, normed.data(), row.data());
        router_scores(w.score, row.data(), w.n_experts, row.data());
        if (scores)
            std::copy(row.begin(), row.end(), scores + i * w.n_experts);
        if (routes)
            select_experts(w, row.data(), selection.data(), route_row(*routes, i));
    }
}

void experts_ref(const ConclaveMoeWeights& w, int32_t n_rows, const float* x, const ConclaveRoutes& routes,
                 const ExpertShare& share, float* out)
{
    const int64_t hidden = w.hidden;
    std::vector<float> normed(static_cast<size_t>(n_rows * hidden));
    for (int64_t i = 0; i < n_rows; ++i)
        rmsnorm_ref(x + i * hidden, w.norm, hidden, w.rms_norm_eps, normed.data() + i * hidden);

    std::vector<double> sum(normed.size());
    std::vector<float> one(static_cast<size_t>(hidden));
    for (int64_t e = 0; e < w.n_experts; ++e) {
        if (share.owned && !share.owned[e])
            continue;
        for (int64_t i = 0; i < n_rows; ++i)
            for (int32_t j = 0; j < w.n_experts_used; ++j) {
                if (routes.ids[i * routes.row_stride_k + j] != e)
                    continue;
                gated_unit_ref({w.gate_exps, w.up_exps, w.down_exps, e, expert_extras(w, e)},
                               normed.data() + i * hidden, 1, one.data());
                for (int64_t c = 0; c < hidden; ++c)
                    sum[static_cast<size_t>(i * hidden + c)] +=
                        static_cast<double>(routes.weights[i * routes.row_stride_k + j]) * one[static_cast<size_t>(c)];
            }
    }
    if (share.with_shared && present(w.gate_shexp)) {
        std::vector<float> shared(normed.size());
        gated_unit_ref({w.gate_shexp, w.up_shexp, w.down_shexp, 0}, normed.data(), n_rows, shared.data());
        for (int64_t i = 0; i < n_rows; ++i) {
            float gate = 1;
            if (present(w.shexp_gate)) {
                router_logits_ref(w.shexp_gate, nullptr, normed.data() + i * hidden, &gate);
                gate = sigmoid(gate);
            }
            for (int64_t c = i * hidden; c < (i + 1) * hidden; ++c)
                sum[static_cast<size_t>(c)] += static_cast<double>(gate) * shared[static_cast<size_t>(c)];
        }
    }
    for (size_t i = 0; i < sum.size(); ++i)
        out[i] = static_cast<float>(sum[i]);
}

void moe_ref(const ConclaveMoeWeights& w, int32_t n_rows, float* x, const ConclaveRoutes& routes)
{
    std::vector<float> out(static_cast<size_t>(n_rows) * w.hidden);
    route_ref(w, n_rows, x, &routes, nullptr);
    experts_ref(w, n_rows, x, routes, {nullptr, true}, out.data());
    for (size_t i = 0; i < out.size(); ++i)
        x[i] += out[i];
}

} // namespace conclave
