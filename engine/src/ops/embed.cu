#include "ops/embed.cuh"

namespace conclave::cuda
{

namespace
{

constexpr int n_threads = 128;

__global__ void embed_kernel(const __grid_constant__ ConclaveMatrix embedding, const int32_t* token, float* x)
{
    const int64_t i = blockIdx.y, c = blockIdx.x * n_threads + threadIdx.x;
    if (c >= embedding.n_cols)
        return;
    const WeightRow row = weight_row(embedding, 0, token[i]);
    with_codec(embedding, [&](auto codec) { x[i * embedding.n_cols + c] = codec.element(row, c); });
}

} // namespace

void embed(const ConclaveMatrix& embedding, const int32_t* token, int64_t n_rows, float* x, cudaStream_t stream)
{
    const auto n_blocks = static_cast<uint32_t>((embedding.n_cols + n_threads - 1) / n_threads);
    CONCLAVE_LAUNCH(embed_kernel, LaunchShape(dim3(n_blocks, static_cast<uint32_t>(n_rows)), dim3(n_threads), stream),
                    embedding, token, x);
}

} // namespace conclave::cuda
