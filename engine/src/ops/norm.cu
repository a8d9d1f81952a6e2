#include "ops/norm.cuh"

namespace conclave::cuda
{

namespace
{

constexpr int n_warps = 8;

struct NormShared {
    float of_warp[n_warps];
};

/// A block per row.
__global__ void __launch_bounds__(n_warps* warp_lanes) norm_kernel(const __grid_constant__ NormRows job)
{
    CONCLAVE_SHARED(NormShared, shared);
    const int lane = static_cast<int>(threadIdx.x), warp = static_cast<int>(threadIdx.y);
    const int64_t i = blockIdx.x;
    const float* x = job.x + i * job.x_stride;
    const int64_t n = job.out.n;
    float sum = 0;
    for (int64_t c = warp * warp_lanes + lane; c < n; c += n_warps * warp_lanes)
        sum += x[c] * x[c];
    sum = warp_sum(sum);
    if (lane == 0)
        shared.of_warp[warp] = sum;
    __syncthreads(); // every warp's part is there
    sum = 0;
    for (int w = 0; w < n_warps; ++w)
        sum += shared.of_warp[w];
    const float scale = 1.0f / sqrtf(sum / static_cast<float>(n) + job.eps);
    for (int64_t begin = warp * warp_lanes; begin < n; begin += n_warps * warp_lanes) {
        const int64_t c = begin + lane;
        const float value = c < n ? x[c] * scale * job.w[c] : 0.0f;
        if (c < n)
            job.out.x[i * job.out.x_stride + c] = value;
        if (job.int8)
            quantize_block(job.out, i, begin / quant_block, value, lane);
    }
}

__global__ void quantize_kernel(const __grid_constant__ DeviceRows rows)
{
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t i = blockIdx.x;
    for (int64_t block = threadIdx.y; block < rows.n / quant_block; block += blockDim.y)
        quantize_block(rows, i, block, rows.x[i * rows.x_stride + block * quant_block + lane], lane);
}

} // namespace

void norm_rows(const NormRows& job, cudaStream_t stream)
{
    CONCLAVE_LAUNCH(norm_kernel,
                    LaunchShape(dim3(static_cast<uint32_t>(job.n_rows)), dim3(warp_lanes, n_warps), stream), job);
}

void quantize_rows(const DeviceRows& rows, int64_t n_rows, cudaStream_t stream)
{
    CONCLAVE_LAUNCH(quantize_kernel, LaunchShape(dim3(static_cast<uint32_t>(n_rows)), dim3(warp_lanes, 4), stream),
                    rows);
}

} // namespace conclave::cuda
