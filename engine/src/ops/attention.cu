#include "ops/attention.cuh"

#include <algorithm>
#include <limits>

namespace conclave::cuda
{

namespace
{

constexpr int heads_per_block = 4;
constexpr int32_t max_splits = 64; // of a single row
constexpr int32_t positions_per_split = 128;

/// A warp per head and part; a lane holds every 32nd element of query and sum. `n_held` such elements are enough.
template <int n_held>
__global__ void attention_kernel(const __grid_constant__ Attention job, const __grid_constant__ CachedRows rows)
{
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t head = blockIdx.x * heads_per_block + threadIdx.y, split = blockIdx.y, i = blockIdx.z;
    if (head >= job.n_head)
        return;
    const float* query = job.query + (i * job.n_head + head) * job.key_dim;
    const int64_t key_at = head / job.group * job.key_dim;
    const int64_t value_at = job.value_at + head / job.group * job.value_dim;
    float q[n_held], sum[n_held];
    for (int h = 0; h < n_held; ++h) {
        const int c = h * warp_lanes + lane;
        q[h] = c < job.key_dim ? query[c] * job.scale : 0.0f;
        sum[h] = 0;
    }
    const int32_t n_positions = rows.position[i] + 1;
    const int32_t n_each = (n_positions + job.n_splits - 1) / job.n_splits;
    const auto begin = static_cast<int32_t>(split) * n_each;
    const int32_t end = begin + n_each < n_positions ? begin + n_each : n_positions;
    float largest = -std::numeric_limits<float>::infinity(), total = 0;
    for (int32_t t = begin; t < end; ++t) {
        const float* row = rows.at(i, t);
        float score = 0;
        for (int h = 0; h < n_held; ++h) {
            const int c = h * warp_lanes + lane;
            score += c < job.key_dim ? q[h] * row[key_at + c] : 0.0f;
        }
        score = warp_sum(score);
        const float larger = fmaxf(largest, score);
        const float kept = expf(largest - larger), weight = expf(score - larger);
        total = total * kept + weight;
        for (int h = 0; h < n_held; ++h) {
            const int c = h * warp_lanes + lane;
            sum[h] = sum[h] * kept + (c < job.value_dim ? weight * row[value_at + c] : 0.0f);
        }
        largest = larger;
    }
    float* out = job.partial + ((i * job.n_head + head) * job.n_splits + split) * (job.value_dim + 2);
    for (int h = 0; h < n_held; ++h)
        if (h * warp_lanes + lane < job.value_dim)
            out[h * warp_lanes + lane] = sum[h];
    if (lane == 0) {
        out[job.value_dim] = largest;
        out[job.value_dim + 1] = total;
    }
}

/// A warp per head: the parts become one softmax. A part without positions has the sum 0.
__global__ void combine_kernel(const __grid_constant__ Attention job)
{
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t head = blockIdx.x, i = blockIdx.y;
    const int64_t width = job.value_dim + 2;
    const float* parts = job.partial + (i * job.n_head + head) * job.n_splits * width;
    float largest = -std::numeric_limits<float>::infinity(), total = 0;
    for (int32_t s = 0; s < job.n_splits; ++s)
        largest = fmaxf(largest, parts[s * width + job.value_dim]);
    for (int32_t s = 0; s < job.n_splits; ++s)
        total += expf(parts[s * width + job.value_dim] - largest) * parts[s * width + job.value_dim + 1];
    for (int c = lane; c < job.value_dim; c += warp_lanes) {
        float sum = 0;
        for (int32_t s = 0; s < job.n_splits; ++s)
            sum += expf(parts[s * width + job.value_dim] - largest) * parts[s * width + c];
        job.out.x[i * job.out.x_stride + head * job.value_dim + c] = sum / total;
    }
}

} // namespace

int32_t attention_splits(int64_t n_rows, int32_t n_positions)
{
    const auto most = static_cast<int32_t>(std::max<int64_t>(1, max_splits / n_rows));
    int32_t n = 1;
    while (2 * n <= most && n * positions_per_split < n_positions)
        n *= 2;
    return n;
}

int64_t partial_floats(int64_t max_rows, int32_t n_head, int32_t value_dim)
{
    return std::max<int64_t>(max_rows, max_splits) * n_head * (value_dim + 2);
}

void attend(const Attention& job, const CachedRows& rows, int64_t n_rows, cudaStream_t stream)
{
    const auto n_blocks = static_cast<uint32_t>((job.n_head + heads_per_block - 1) / heads_per_block);
    const LaunchShape shape(dim3(n_blocks, static_cast<uint32_t>(job.n_splits), static_cast<uint32_t>(n_rows)),
                            dim3(warp_lanes, heads_per_block), stream);
    if (std::max(job.key_dim, job.value_dim) <= 256)
        CONCLAVE_LAUNCH(attention_kernel<8>, shape, job, rows);
    else
        CONCLAVE_LAUNCH(attention_kernel<max_key_dim / warp_lanes>, shape, job, rows);
    CONCLAVE_LAUNCH(
        combine_kernel,
        LaunchShape(dim3(static_cast<uint32_t>(job.n_head), static_cast<uint32_t>(n_rows)), dim3(warp_lanes), stream),
        job);
}

} // namespace conclave::cuda
