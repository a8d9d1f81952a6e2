#include "ops/experts.hpp"

#include <algorithm>

#include "ops/product.hpp"
#include "ops/router.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

// About what waking a thread costs, in bytes of router weights.
constexpr int64_t small_router = 64 * 1024;

struct Call {
    CpuBackend& backend;
    const ConclaveMoeWeights& w;
    int32_t n_rows;
    const MoeScratch& s;
};

/// However the rows choose: every expert with panels may leave one not full.
int64_t most_panels(const MoeScratch::Shape& shape)
{
    const int64_t n_pairs = shape.n_rows * shape.n_experts_used;
    return n_pairs / panel_rows + std::min(shape.n_experts, n_pairs / min_panel_rows) + panels_of(shape.n_rows);
}

MoeScratch::Shape shape_of(const ConclaveMoeWeights& w, int32_t n_rows)
{
    return {n_rows,           w.hidden,           w.n_experts,
            w.n_experts_used, w.gate_exps.n_rows, present(w.gate_shexp) ? w.gate_shexp.n_rows : 0};
}

void normalize(const Call& call, const float* x)
{
    const ConclaveMoeWeights& w = call.w;
    const ConclaveMatrix* const readers[] = {&w.gate_exps, &w.up_exps, &w.gate_shexp, &w.up_shexp};
    normalize_rows(*call.backend.pool, x, w.hidden, w.norm, w.rms_norm_eps, call.n_rows, takes_int8(readers),
                   call.s.input);
}

/// One row is split by expert, several by row; each logit has the same bits either way.
void choose(const Call& call, const ConclaveRoutes* routes)
{
    const ConclaveMoeWeights& w = call.w;
    const int64_t n = w.n_experts;
    const auto decide = [&](int64_t row) {
        float* scores = call.s.scores + row * n;
        router_scores(w.score, scores, w.n_experts, scores);
        if (routes)
            select_experts(w, scores, call.s.selection + row * n, route_row(*routes, row));
    };
    if (call.n_rows == 1) {
        const int64_t grain = std::max<int64_t>(1, small_router / w.router.row_bytes);
        call.backend.pool->for_ranges(n, grain, [&](int64_t begin, int64_t end, int) {
            router_logits(w.router, w.router_bias, call.s.input.row(0), begin, end, call.s.scores);
        });
        decide(0);
        return;
    }
    call.backend.pool->for_ranges(call.n_rows, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t row = begin; row < end; ++row) {
            router_logits(w.router, w.router_bias, call.s.input.row(row), 0, n, call.s.scores + row * n);
            decide(row);
        }
    });
}

/// Sorts (row, expert) pairs by expert; counting, so rows stay in order.
void sort_pairs(const Call& call, const ConclaveRoutes& routes)
{
    const int64_t k = call.w.n_experts_used;
    int32_t* next = call.s.pair_end;
    std::fill_n(next, call.w.n_experts, 0);
    for (int64_t i = 0; i < call.n_rows; ++i)
        for (int64_t j = 0; j < k; ++j)
            ++next[routes.ids[i * routes.row_stride_k + j]];
    int32_t begin = 0;
    for (int64_t e = 0; e < call.w.n_experts; ++e) {
        const int32_t count = next[e];
        next[e] = begin;
        begin += count;
    }
    for (int64_t i = 0; i < call.n_rows; ++i)
        for (int64_t j = 0; j < k; ++j) {
            const int32_t pair = next[routes.ids[i * routes.row_stride_k + j]]++;
            call.s.pair_row[pair] = static_cast<int32_t>(i);
            call.s.pair_weight[pair] = routes.weights[i * routes.row_stride_k + j];
        }
}

/// What the shared expert is worth to each row; null: 1.
const float* weigh_shared(const Call& call)
{
    if (!present(call.w.shexp_gate))
        return nullptr;
    for (int64_t i = 0; i < call.n_rows; ++i) {
        float logit = 0;
        router_logits(call.w.shexp_gate, nullptr, call.s.input.row(i), 0, 1, &logit);
        call.s.shared_weight[i] = sigmoid(logit);
    }
    return call.s.shared_weight;
}

/// The experts' sum into out, and onto x unless it is null.
void compute(const Call& call, const ConclaveRoutes& routes, const ExpertShare& share, float* out, float* x)
{
    const ConclaveMoeWeights& w = call.w;
    sort_pairs(call, routes);
    size_t n_jobs = 0;
    int32_t begin = 0;
    int64_t first_panel = 0;
    for (int32_t e = 0; e < w.n_experts; ++e) {
        const int32_t end = call.s.pair_end[e];
        if (end > begin && (!share.owned || share.owned[e])) {
            call.s.jobs[n_jobs++] = {&w.gate_exps,
                                     &w.up_exps,
                                     &w.down_exps,
                                     e,
                                     end - begin,
                                     call.s.pair_row + begin,
                                     call.s.pair_weight + begin,
                                     call.s.routed,
                                     begin,
                                     first_panel,
                                     expert_extras(w, e)};
            first_panel += end - begin >= min_panel_rows ? panels_of(end - begin) : 0;
        }
        begin = end;
    }
    if (share.with_shared && present(w.gate_shexp))
        call.s.jobs[n_jobs++] = {&w.gate_shexp, &w.up_shexp,        &w.down_shexp, 0, call.n_rows,
                                 nullptr,       weigh_shared(call), call.s.shared, 0, first_panel};
    run_gated(*call.backend.pool, {{call.s.jobs, n_jobs}, &call.s.input, call.n_rows, out, x, call.s.panels});
}

} // namespace

MoeScratch MoeScratch::take(Scratch& scratch, const Shape& shape)
{
    const int64_t n_pairs = shape.n_rows * shape.n_experts_used;
    return {ActivationRows::take(scratch, shape.n_rows, shape.hidden),
            scratch.take<float>(shape.n_rows * shape.n_experts),
            scratch.take<float>(shape.n_rows * shape.n_experts),
            scratch.take<int32_t>(shape.n_experts),
            scratch.take<int32_t>(n_pairs),
            scratch.take<float>(n_pairs),
            scratch.take<GatedJob>(shape.n_experts + 1),
            ActivationRows::take(scratch, n_pairs, shape.expert_width),
            ActivationRows::take(scratch, shape.n_rows, shape.shared_width),
            scratch.take<float>(shape.n_rows),
            scratch.take<float>(shape.n_rows * shape.hidden),
            PanelMemory::take(scratch, most_panels(shape),
                              std::max({shape.hidden, shape.expert_width, shape.shared_width}))};
}

ConclaveStatus route_cpu(CpuBackend& backend, const ConclaveMoeWeights& w, int32_t n_rows, const float* x,
                         const ConclaveRoutes* routes, float* scores, ConclaveMessage* message)
{
    Scratch memory = backend.scratch();
    const MoeScratch scratch = MoeScratch::take(memory, shape_of(w, n_rows));
    if (!memory.fits())
        return too_large("an expert layer", message);
    const Call call = {backend, w, n_rows, scratch};
    normalize_rows(*backend.pool, x, w.hidden, w.norm, w.rms_norm_eps, n_rows, false, scratch.input);
    choose(call, routes);
    if (scores)
        std::copy_n(scratch.scores, static_cast<int64_t>(n_rows) * w.n_experts, scores);
    return conclave_ok;
}

ConclaveStatus experts_cpu(CpuBackend& backend, const ConclaveMoeWeights& w, int32_t n_rows, const float* x,
                           const ConclaveRoutes& routes, const ExpertShare& share, float* out, ConclaveMessage* message)
{
    Scratch memory = backend.scratch();
    const MoeScratch scratch = MoeScratch::take(memory, shape_of(w, n_rows));
    if (!memory.fits())
        return too_large("an expert layer", message);
    const Call call = {backend, w, n_rows, scratch};
    normalize(call, x);
    compute(call, routes, share, out, nullptr);
    return conclave_ok;
}

ConclaveStatus moe_cpu(CpuBackend& backend, const ConclaveMoeWeights& w, int32_t n_rows, float* x,
                       const ConclaveRoutes& routes, ConclaveMessage* message)
{
    Scratch memory = backend.scratch();
    const MoeScratch scratch = MoeScratch::take(memory, shape_of(w, n_rows));
    if (!memory.fits())
        return too_large("an expert layer", message);
    const Call call = {backend, w, n_rows, scratch};
    normalize(call, x);
    choose(call, &routes);
    if (backend.pool->interrupted())
        return conclave_ok; // there may be no routes to follow; nobody reads x
    compute(call, routes, {nullptr, true}, scratch.out, x);
    return conclave_ok;
}

} // namespace conclave
