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

/// A warp per row of weights.
__global__ void product_kernel(const __grid_constant__ Products products)
{
    int job = 0;
    while (blockIdx.x >= products.end[job])
        ++job;
    const Product& p = products.of[job];
    const int64_t block = blockIdx.x - (job > 0 ? products.end[job - 1] : 0);
    const int64_t r = block * rows_per_block + threadIdx.y, i = blockIdx.y;
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
    uint32_t n = 0, n_blocks = 0;
    for (const Product& job : jobs)
        if (present(job.w)) {
            n_blocks += static_cast<uint32_t>((job.w.n_rows + rows_per_block - 1) / rows_per_block);
            products.of[n] = job;
            products.end[n++] = n_blocks;
        }
    CONCLAVE_LAUNCH(
        product_kernel,
        LaunchShape(dim3(n_blocks, static_cast<uint32_t>(n_rows)), dim3(warp_lanes, rows_per_block), stream), products);
}

} // namespace conclave::cuda
