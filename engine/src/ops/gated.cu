#include "ops/gated.cuh"

#include "ops/shapes.hpp"

namespace conclave::cuda
{

namespace
{

constexpr int tile = quant_block; // rows of a block: what one warp then quantises
constexpr int down_rows = 4;

struct GatedShared {
    float value[tile];
};

uint32_t n_tiles(const GatedUp& job)
{
    return present(job.gate) ? static_cast<uint32_t>((job.gate.n_rows + tile - 1) / tile) : 0;
}

/// A warp per row of one expert's gate and up.
__global__ void __launch_bounds__(tile* warp_lanes)
    gated_up_kernel(const __grid_constant__ GatedUp routed, const __grid_constant__ GatedUp shared_unit,
                    uint32_t routed_tiles, uint32_t n_rows)
{
    CONCLAVE_SHARED(GatedShared, shared);
    const uint32_t tile_of_all = blockIdx.x / n_rows; // as in product_kernel
    const bool is_routed = tile_of_all < routed_tiles * routed.n_used;
    const GatedUp& job = is_routed ? routed : shared_unit;
    const uint32_t block = is_routed ? tile_of_all : tile_of_all - routed_tiles * routed.n_used;
    const uint32_t j = is_routed ? block / routed_tiles : 0;
    const int64_t first = static_cast<int64_t>(is_routed ? block % routed_tiles : block) * tile;
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t i = blockIdx.x % n_rows, r = first + threadIdx.y;
    float value = 0;
    if (r < job.gate.n_rows) {
        const int64_t expert = job.ids ? job.ids[i * job.ids_stride + j] : 0;
        const DeviceRow in = job.in.row(i);
        const float gate = warp_sum(dot_part(job.gate, weight_row(job.gate, expert, r), in, lane));
        const float up = warp_sum(dot_part(job.up, weight_row(job.up, expert, r), in, lane));
        value = gate / (1.0f + expf(-gate)) * up;
        if (lane == 0)
            job.out.x[(i * job.n_used + j) * job.out.x_stride + r] = value;
    }
    if (lane == 0)
        shared.value[threadIdx.y] = value;
    __syncthreads(); // the 32 rows are there
    if (job.int8 && threadIdx.y == 0)
        quantize_block(job.out, i * job.n_used + j, first / tile, shared.value[lane], lane);
}

/// A warp per output.
__global__ void gated_down_kernel(const __grid_constant__ GatedDown job, uint32_t n_rows)
{
    const int64_t i = blockIdx.x % n_rows, r = static_cast<int64_t>(blockIdx.x / n_rows) * down_rows + threadIdx.y;
    if (r >= job.hidden)
        return;
    const int lane = static_cast<int>(threadIdx.x);
    float sum = 0;
    for (int32_t j = 0; job.routed.data && j < job.n_used; ++j) {
        const int64_t expert = job.ids[i * job.ids_stride + j];
        if (job.owned && !job.owned[expert])
            continue;
        const WeightRow row = weight_row(job.routed, expert, r);
        sum += job.weights[i * job.ids_stride + j] *
               dot_part(job.routed, row, job.routed_in.row(i * job.n_used + j), lane);
    }
    if (job.shared.data) {
        const float gate = job.shared_gate ? 1.0f / (1.0f + expf(-job.shared_gate[i])) : 1.0f;
        sum += gate * dot_part(job.shared, weight_row(job.shared, 0, r), job.shared_in.row(i), lane);
    }
    sum = warp_sum(sum);
    float* out = job.out + i * job.hidden + r;
    if (lane == 0)
        *out = job.add ? *out + sum : sum;
}

} // namespace

void gated_up(const GatedUp& routed, const GatedUp& shared, int64_t n_rows, cudaStream_t stream)
{
    const uint32_t n_blocks = n_tiles(routed) * static_cast<uint32_t>(routed.n_used) + n_tiles(shared);
    const auto n = static_cast<uint32_t>(n_rows);
    CONCLAVE_LAUNCH(gated_up_kernel, LaunchShape(dim3(n_blocks * n), dim3(warp_lanes, tile), stream), routed, shared,
                    n_tiles(routed), n);
}

void gated_down(const GatedDown& job, int64_t n_rows, cudaStream_t stream)
{
    const auto n_blocks = static_cast<uint32_t>((job.hidden + down_rows - 1) / down_rows);
    const auto n = static_cast<uint32_t>(n_rows);
    CONCLAVE_LAUNCH(gated_down_kernel, LaunchShape(dim3(n_blocks * n), dim3(warp_lanes, down_rows), stream), job, n);
}

} // namespace conclave::cuda
