#include "ops/product.cuh"

#include "ops/shapes.hpp"

namespace conclave::cuda
{

namespace
{

constexpr int rows_per_block = 4;
constexpr int max_products = 3;

struct Products {
    Product of[max_products];
    uint32_t end[max_products]; ///< block after the last of each
};

/// A warp per row of weights. Blocks with the same weights and other rows of activations follow each other, so that the
/// weights are still in the cache.
__global__ void product_kernel(const __grid_constant__ Products products, uint32_t n_rows)
{
    const uint32_t tile = blockIdx.x / n_rows;
    int job = 0;
    while (tile >= products.end[job])
        ++job;
    const Product& p = products.of[job];
    const int64_t block = tile - (job > 0 ? products.end[job - 1] : 0);
    const int64_t r = block * rows_per_block + threadIdx.y, i = blockIdx.x % n_rows;
    if (r >= p.w.n_rows)
        return;
    const int lane = static_cast<int>(threadIdx.x);
    const float sum = warp_sum(dot_part(p.w, weight_row(p.w, i % p.w.n_matrices, r), p.in.row(i), lane)) +
                      (p.bias ? p.bias[r] : 0.0f);
    float* out = p.out + i * p.out_stride + r;
    if (lane == 0)
        *out = p.add ? *out + sum : sum;
}

} // namespace

void multiply(std::initializer_list<Product> jobs, int64_t n_rows, cudaStream_t stream)
{
    Products products = {};
    uint32_t n_jobs = 0, n_blocks = 0;
    for (const Product& job : jobs)
        if (present(job.w)) {
            n_blocks += static_cast<uint32_t>((job.w.n_rows + rows_per_block - 1) / rows_per_block);
            products.of[n_jobs] = job;
            products.end[n_jobs++] = n_blocks;
        }
    const auto n = static_cast<uint32_t>(n_rows);
    CONCLAVE_LAUNCH(product_kernel, LaunchShape(dim3(n_blocks * n), dim3(warp_lanes, rows_per_block), stream), products,
                    n);
}

} // namespace conclave::cuda
