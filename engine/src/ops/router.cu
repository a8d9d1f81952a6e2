#include "ops/router.cuh"

#include <limits>

namespace conclave::cuda
{

namespace
{

constexpr float infinity = std::numeric_limits<float>::infinity();

struct SelectShared {
    float score[max_experts];
    float selection[max_experts]; ///< score + bias, −inf for NaN
    uint8_t taken[max_experts];   ///< chosen before, or in a closed group
};

/// Scores of one row. A NaN logit scores NaN and does not poison the others; +inf logits share the softmax.
__device__ void score_row(const Select& job, const float* logits, float* score, int lane)
{
    if (job.score == conclave_score_sigmoid) {
        for (int e = lane; e < job.n_experts; e += warp_lanes)
            score[e] = 1.0f / (1.0f + expf(-logits[e]));
        return;
    }
    float largest = -infinity;
    for (int e = lane; e < job.n_experts; e += warp_lanes)
        largest = fmaxf(largest, logits[e]); // passes over NaN
    largest = warp_max(largest);
    const auto weight = [&](float logit) {
        if (isnan(logit) || logit == -infinity)
            return 0.0f;
        return logit == largest ? 1.0f : expf(logit - largest); // not inf − inf
    };
    float sum = 0;
    for (int e = lane; e < job.n_experts; e += warp_lanes)
        sum += weight(logits[e]);
    sum = warp_sum(sum);
    for (int e = lane; e < job.n_experts; e += warp_lanes)
        score[e] = isnan(logits[e]) ? logits[e] : sum > 0 ? weight(logits[e]) / sum : 0.0f;
}

/// The lead of a, which is not below b; 0 for equal ones, infinite ones included.
__device__ float lead(float a, float b)
{
    return a == b ? 0.0f : a - b;
}

/// What a group is worth: its best expert (V2), or the sum of its best two (V3).
__device__ float group_score(int32_t rule, const float* selection, int n)
{
    float best = -infinity, second = -infinity;
    for (int i = 0; i < n; ++i) {
        second = fmaxf(second, fminf(best, selection[i]));
        best = fmaxf(best, selection[i]);
    }
    return rule == conclave_group_max || n < 2 ? best : best + second;
}

/// A lane looks after a group, of at most 32. The mask of the topk_group best groups, and the lead of the worst of them
/// over the best of the others.
__device__ uint32_t open_groups(const Select& job, const float* selection, int lane, float& margin)
{
    const int size = job.n_experts / job.n_group;
    float mine = 0;
    if (lane < job.n_group)
        mine = group_score(job.group_rule, selection + lane * size, size);
    uint32_t open = 0;
    float worst = infinity;
    for (int chosen = 0;; ++chosen) {
        const bool closed = lane < job.n_group && !(open >> lane & 1u);
        const Found best = warp_first({mine, closed ? lane : -1});
        if (chosen == job.topk_group) {
            margin = best.index < 0 ? infinity : lead(worst, best.value);
            return open;
        }
        open |= 1u << best.index;
        worst = best.value;
    }
}

/// A warp per row.
__global__ void select_kernel(const __grid_constant__ Select job)
{
    CONCLAVE_SHARED(SelectShared, shared);
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t i = blockIdx.x;
    score_row(job, job.logits + i * job.n_experts, shared.score, lane);
    if (job.scores)
        for (int e = lane; e < job.n_experts; e += warp_lanes)
            job.scores[i * job.n_experts + e] = shared.score[e];
    if (!job.routes.ids)
        return;
    for (int e = lane; e < job.n_experts; e += warp_lanes) {
        const float s = shared.score[e] + (job.bias ? job.bias[e] : 0.0f);
        shared.selection[e] = isnan(s) ? -infinity : s;
    }
    __syncwarp(); // groups look at experts of other lanes
    const bool grouped = job.group_rule != conclave_group_none && job.n_group > 1;
    float group_margin = infinity;
    const uint32_t open = grouped ? open_groups(job, shared.selection, lane, group_margin) : 1u;
    const int group_size = grouped ? job.n_experts / job.n_group : job.n_experts;
    for (int e = lane; e < job.n_experts; e += warp_lanes)
        shared.taken[e] = !(open >> e / group_size & 1u);

    uint16_t* ids = job.routes.ids + i * job.routes.row_stride_k;
    float* weights = job.routes.weights + i * job.routes.row_stride_k;
    float last = 0;
    double sum = 0;
    for (int j = 0; j <= job.n_experts_used; ++j) { // one more: the best not chosen
        Found mine = {-infinity, -1};
        for (int e = lane; e < job.n_experts; e += warp_lanes) {
            const Found candidate = {shared.selection[e], shared.taken[e] ? -1 : e};
            if (before(candidate, mine))
                mine = candidate;
        }
        const Found best = warp_first(mine);
        if (j == job.n_experts_used) {
            if (lane == 0)
                job.routes.margins[i * job.routes.row_stride_one] = best.index < 0 ? infinity : lead(last, best.value);
            break;
        }
        last = best.value;
        const float score = shared.score[best.index];
        sum += isnan(score) ? 0.0f : score;
        if (lane == best.index % warp_lanes)
            shared.taken[best.index] = 1; // by the lane that looks at it
        if (lane == 0) {
            ids[j] = static_cast<uint16_t>(best.index);
            weights[j] = isnan(score) ? 0.0f : score;
        }
    }
    if (lane != 0)
        return;
    const double scale = (job.norm_topk_prob ? 1.0 / (sum + 1e-20) : 1.0) * job.routed_scaling_factor;
    for (int j = 0; j < job.n_experts_used; ++j)
        weights[j] = static_cast<float>(weights[j] * scale);
    job.routes.groups[i * job.routes.row_stride_one] = open;
    if (job.routes.group_margins)
        job.routes.group_margins[i * job.routes.row_stride_one] = group_margin;
}

} // namespace

void select_experts(const Select& job, int64_t n_rows, cudaStream_t stream)
{
    CONCLAVE_LAUNCH(select_kernel, LaunchShape(dim3(static_cast<uint32_t>(n_rows)), dim3(warp_lanes), stream), job);
}

} // namespace conclave::cuda
