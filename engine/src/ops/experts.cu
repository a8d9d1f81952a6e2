#include "ops/backend_cuda.hpp"
#include "ops/gated.cuh"
#include "ops/norm.cuh"
#include "ops/product.cuh"
#include "ops/router.cuh"
#include "ops/shapes.hpp"

namespace conclave::cuda
{

void mlp(const CudaBackend& b, const ConclaveMlpWeights& w, int64_t n_rows, float* x)
{
    const DeviceRows input = as_rows_of(b.work.input, w.hidden), inner = as_rows_of(b.work.shared, w.gate.n_rows);
    norm_rows({x, w.hidden, w.norm, w.rms_norm_eps, n_rows, input, takes_int8(w.gate.dtype) || takes_int8(w.up.dtype)},
              b.stream);
    gated_up({}, {.gate = w.gate, .up = w.up, .in = input, .out = inner, .int8 = takes_int8(w.down.dtype)}, n_rows,
             b.stream);
    gated_down({.shared = w.down, .shared_in = inner, .out = x, .hidden = w.hidden, .add = true}, n_rows, b.stream);
}

void route(const CudaBackend& b, const ConclaveMoeWeights& w, int64_t n_rows, const float* x,
           const ConclaveRoutes& routes, float* scores)
{
    const DeviceRows input = as_rows_of(b.work.input, w.hidden);
    bool int8 = false;
    for (const ConclaveMatrix* matrix :
         {&w.router, &w.shexp_gate, &w.gate_exps, &w.up_exps, &w.gate_shexp, &w.up_shexp})
        int8 = int8 || (present(*matrix) && takes_int8(matrix->dtype));
    norm_rows({x, w.hidden, w.norm, w.rms_norm_eps, n_rows, input, int8}, b.stream);
    multiply({{.w = w.router, .in = input, .out = b.work.router, .out_stride = w.n_experts},
              {.w = w.shexp_gate, .in = input, .out = b.work.shared_gate, .out_stride = 1}},
             n_rows, b.stream);
    if (!routes.ids && !scores)
        return;
    select_experts({b.work.router, w.bias, w.n_experts, w.n_experts_used, w.score, w.group_rule, w.n_group,
                    w.topk_group, w.norm_topk_prob, w.routed_scaling_factor, routes, scores},
                   n_rows, b.stream);
}

void experts(const CudaBackend& b, const ConclaveMoeWeights& w, int64_t n_rows, const ConclaveRoutes& routes,
             const ExpertShare& share)
{
    const DeviceRows input = as_rows_of(b.work.input, w.hidden);
    const DeviceRows routed = as_rows_of(b.work.routed, w.gate_exps.n_rows);
    const DeviceRows shared = as_rows_of(b.work.shared, w.gate_shexp.n_rows);
    const bool with_shared = share.with_shared && present(w.gate_shexp);
    const GatedUp shared_up = {
        .gate = w.gate_shexp, .up = w.up_shexp, .in = input, .out = shared, .int8 = takes_int8(w.down_shexp.dtype)};
    gated_up({.gate = w.gate_exps,
              .up = w.up_exps,
              .in = input,
              .out = routed,
              .int8 = takes_int8(w.down_exps.dtype),
              .ids = routes.ids,
              .ids_stride = routes.row_stride_k,
              .n_used = w.n_experts_used},
             with_shared ? shared_up : GatedUp{}, n_rows, b.stream);
    gated_down({.routed = w.down_exps,
                .shared = with_shared ? w.down_shexp : ConclaveMatrix{},
                .routed_in = routed,
                .shared_in = shared,
                .ids = routes.ids,
                .weights = routes.weights,
                .ids_stride = routes.row_stride_k,
                .n_used = w.n_experts_used,
                .owned = share.owned,
                .shared_gate = present(w.shexp_gate) ? b.work.shared_gate : nullptr,
                .out = share.out,
                .hidden = w.hidden,
                .add = share.add},
               n_rows, b.stream);
}

} // namespace conclave::cuda
