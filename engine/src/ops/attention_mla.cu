#include "ops/attention.cuh"
#include "ops/backend_cuda.hpp"
#include "ops/norm.cuh"
#include "ops/product.cuh"
#include "ops/shapes.hpp"

namespace conclave::cuda
{

namespace
{

/// The layer's numbers that a kernel needs, and what the products left.
struct Latents {
    const float *raw_q, *raw_kv, *kv_norm;
    float* query;
    ConclaveRope rope;
    int32_t n_head, nope, rank;
    float eps;
};

/// A warp per head turns the last part of its query, beside where the absorbed part goes; one more warp writes the
/// latent after its norm and the shared key after RoPE into the cache.
__global__ void prepare_latents_kernel(const __grid_constant__ Latents job, const __grid_constant__ CachedRows rows)
{
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t i = blockIdx.y, head = blockIdx.x;
    const int32_t position = rows.position[i], width = job.rank + job.rope.n_dims;
    if (head < job.n_head) {
        const float* q = job.raw_q + (i * job.n_head + head) * (job.nope + job.rope.n_dims) + job.nope;
        rotate(
            job.rope, position, [&](int c) { return q[c]; }, job.query + (i * job.n_head + head) * width + job.rank,
            lane);
        return;
    }
    const float* kv = job.raw_kv + i * width;
    float* out = rows.at(i, position);
    float sum = 0;
    for (int c = lane; c < job.rank; c += warp_lanes)
        sum += kv[c] * kv[c];
    const float scale = 1.0f / sqrtf(warp_sum(sum) / static_cast<float>(job.rank) + job.eps);
    for (int c = lane; c < job.rank; c += warp_lanes)
        out[c] = kv[c] * scale * job.kv_norm[c];
    rotate(job.rope, position, [&](int c) { return kv[job.rank + c]; }, out + job.rank, lane);
}

/// raw_q [n_rows, n_head, nope + rope] from the normed rows, straight or through the low rank.
void queries(const CudaBackend& b, const ConclaveMlaWeights& w, const DeviceRows& input, int64_t n_rows)
{
    const int64_t width = w.kv_lora_rank + w.qk_rope_head_dim;
    const int64_t q_width = static_cast<int64_t>(w.n_head) * (w.qk_nope_head_dim + w.qk_rope_head_dim);
    const Product kv = {.w = w.kv_a, .in = input, .out = b.work.raw_k, .out_stride = width};
    if (present(w.q)) {
        multiply({{.w = w.q, .in = input, .out = b.work.raw_q.x, .out_stride = q_width}, kv}, n_rows, b.stream);
        return;
    }
    multiply({{.w = w.q_a, .in = input, .out = b.work.raw_low, .out_stride = w.q_lora_rank}, kv}, n_rows, b.stream);
    const DeviceRows low = as_rows_of(b.work.low, w.q_lora_rank);
    norm_rows({b.work.raw_low, w.q_lora_rank, w.q_a_norm, w.rms_norm_eps, n_rows, low, takes_int8(w.q_b.dtype)},
              b.stream);
    multiply({{.w = w.q_b, .in = low, .out = b.work.raw_q.x, .out_stride = q_width}}, n_rows, b.stream);
}

} // namespace

void attention_mla(const CudaBackend& b, const ConclaveMlaWeights& w, const CachedRows& rows, int64_t n_rows, float* x)
{
    const int32_t nope = w.qk_nope_head_dim, rank = w.kv_lora_rank, width = rank + w.qk_rope_head_dim;
    const DeviceRows input = as_rows_of(b.work.input, w.hidden);
    const bool int8 = takes_int8(w.q.dtype) || takes_int8(w.q_a.dtype) || takes_int8(w.kv_a.dtype);
    norm_rows({x, w.hidden, w.attn_norm, w.rms_norm_eps, n_rows, input, int8}, b.stream);
    queries(b, w, input, n_rows);
    const Latents job = {b.work.raw_q.x, b.work.raw_k, w.kv_a_norm, b.work.query,  w.rope,
                         w.n_head,       nope,         rank,        w.rms_norm_eps};
    CONCLAVE_LAUNCH(prepare_latents_kernel,
                    LaunchShape(dim3(static_cast<uint32_t>(w.n_head + 1), static_cast<uint32_t>(n_rows)),
                                dim3(warp_lanes), b.stream),
                    job, rows);

    // Absorbed: k_b takes each head's query to the latents, v_b their sum to the head's values.
    const int64_t n_heads = n_rows * w.n_head;
    DeviceRows q_nope = as_rows_of(b.work.raw_q, nope);
    q_nope.x_stride = nope + w.qk_rope_head_dim;
    if (takes_int8(w.k_b.dtype))
        quantize_rows(q_nope, n_heads, b.stream);
    multiply({{.w = w.k_b, .in = q_nope, .out = b.work.query, .out_stride = width}}, n_heads, b.stream);
    const DeviceRows latent = as_rows_of(b.work.latent, rank);
    attend({.query = b.work.query,
            .n_head = w.n_head,
            .group = w.n_head,
            .key_dim = width,
            .value_dim = rank,
            .value_at = 0,
            .scale = w.softmax_scale,
            .out = as_rows_of(b.work.latent, static_cast<int64_t>(w.n_head) * rank),
            .n_splits = b.n_splits,
            .partial = b.work.partial},
           rows, n_rows, b.stream);
    if (takes_int8(w.v_b.dtype))
        quantize_rows(latent, n_heads, b.stream);
    const DeviceRows heads = as_rows_of(b.work.heads, static_cast<int64_t>(w.n_head) * w.v_head_dim);
    multiply({{.w = w.v_b, .in = latent, .out = heads.x, .out_stride = w.v_head_dim}}, n_heads, b.stream);
    if (takes_int8(w.o.dtype))
        quantize_rows(heads, n_rows, b.stream);
    multiply({{.w = w.o, .in = heads, .out = x, .out_stride = w.hidden, .add = true}}, n_rows, b.stream);
}

} // namespace conclave::cuda
