#include "ops/attention.cuh"
#include "ops/backend_cuda.hpp"
#include "ops/norm.cuh"
#include "ops/product.cuh"

namespace conclave::cuda
{

namespace
{

/// The layer's numbers that a kernel needs, and what the products left.
struct Heads {
    const float *raw_q, *raw_k, *raw_v, *q_norm, *k_norm;
    float* query;
    ConclaveRope rope;
    int32_t n_head, n_head_kv, head_dim, qk_norm;
    float eps;
};

/// A warp per head: queries get their norm and RoPE, keys too on their way into the cache, values go there as they are.
__global__ void prepare_heads_kernel(const __grid_constant__ Heads job, const __grid_constant__ CachedRows rows)
{
    const int lane = static_cast<int>(threadIdx.x);
    const int64_t i = blockIdx.y;
    const int32_t position = rows.position[i];
    int32_t head = static_cast<int32_t>(blockIdx.x);
    const bool is_query = head < job.n_head;
    head -= is_query ? 0 : job.n_head;
    const int64_t kv_width = static_cast<int64_t>(job.n_head_kv) * job.head_dim;
    if (!is_query && head >= job.n_head_kv) {
        const int64_t at = static_cast<int64_t>(head - job.n_head_kv) * job.head_dim;
        float* out = rows.at(i, position) + kv_width + at;
        for (int c = lane; c < job.head_dim; c += warp_lanes)
            out[c] = job.raw_v[i * kv_width + at + c];
        return;
    }
    const int64_t width = static_cast<int64_t>(is_query ? job.n_head : job.n_head_kv) * job.head_dim;
    const int64_t at = static_cast<int64_t>(head) * job.head_dim;
    const float* row = (is_query ? job.raw_q : job.raw_k) + i * width;
    const float* norm = is_query ? job.q_norm : job.k_norm;
    const bool by_row = job.qk_norm == conclave_qk_norm_row;
    float scale = 1;
    if (job.qk_norm != conclave_qk_norm_none) {
        const int64_t n = by_row ? width : job.head_dim;
        float sum = 0;
        for (int64_t c = lane; c < n; c += warp_lanes) {
            const float value = row[by_row ? c : at + c];
            sum += value * value;
        }
        scale = 1.0f / sqrtf(warp_sum(sum) / static_cast<float>(n) + job.eps);
    }
    const auto value = [&](int c) {
        return job.qk_norm == conclave_qk_norm_none ? row[at + c] : row[at + c] * scale * norm[by_row ? at + c : c];
    };
    float* out = is_query ? job.query + i * width + at : rows.at(i, position) + at;
    rotate(job.rope, position, value, out, lane);
    for (int c = job.rope.n_dims + lane; c < job.head_dim; c += warp_lanes)
        out[c] = value(c);
}

} // namespace

void attention_gqa(const CudaBackend& b, const ConclaveGqaWeights& w, const CachedRows& rows, int64_t n_rows, float* x)
{
    const int64_t q_width = static_cast<int64_t>(w.n_head) * w.head_dim;
    const int64_t kv_width = static_cast<int64_t>(w.n_head_kv) * w.head_dim;
    const DeviceRows input = as_rows_of(b.work.input, w.hidden), heads = as_rows_of(b.work.heads, q_width);
    const bool int8 = takes_int8(w.q.dtype) || takes_int8(w.k.dtype) || takes_int8(w.v.dtype);
    norm_rows({x, w.hidden, w.attn_norm, w.rms_norm_eps, n_rows, input, int8}, b.stream);
    multiply({{.w = w.q, .in = input, .out = b.work.raw_q.x, .out_stride = q_width, .bias = w.q_bias},
              {.w = w.k, .in = input, .out = b.work.raw_k, .out_stride = kv_width, .bias = w.k_bias},
              {.w = w.v, .in = input, .out = b.work.raw_v, .out_stride = kv_width, .bias = w.v_bias}},
             n_rows, b.stream);
    const Heads job = {b.work.raw_q.x, b.work.raw_k, b.work.raw_v, w.q_norm,   w.k_norm,  b.work.query,
                       w.rope,         w.n_head,     w.n_head_kv,  w.head_dim, w.qk_norm, w.rms_norm_eps};
    CONCLAVE_LAUNCH(prepare_heads_kernel,
                    LaunchShape(dim3(static_cast<uint32_t>(w.n_head + 2 * w.n_head_kv), static_cast<uint32_t>(n_rows)),
                                dim3(warp_lanes), b.stream),
                    job, rows);
    attend({.query = b.work.query,
            .n_head = w.n_head,
            .group = w.n_head / w.n_head_kv,
            .key_dim = w.head_dim,
            .value_dim = w.head_dim,
            .value_at = static_cast<int32_t>(kv_width),
            .scale = w.softmax_scale,
            .out = heads,
            .n_splits = b.n_splits,
            .partial = b.work.partial},
           rows, n_rows, b.stream);
    if (takes_int8(w.o.dtype))
        quantize_rows(heads, n_rows, b.stream);
    multiply({{.w = w.o, .in = heads, .out = x, .out_stride = w.hidden, .add = true}}, n_rows, b.stream);
}

} // namespace conclave::cuda
