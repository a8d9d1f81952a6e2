#include <algorithm>
#include <vector>

#include "ops/attention_gqa.hpp"
#include "ops/cached_rows.hpp"
#include "ops/matmul.hpp"
#include "ops/plain_math.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/rope.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

using Floats = std::vector<float>;

/// W · n with its bias, [n_rows, W.n_rows].
Floats project(const ConclaveMatrix& matrix, const float* bias, const Floats& n, int64_t n_rows)
{
    Floats out(static_cast<size_t>(n_rows * matrix.n_rows));
    matmul_ref(matrix, 0, n.data(), matrix.n_cols, n_rows, out.data(), matrix.n_rows);
    for (size_t i = 0; bias && i < out.size(); ++i)
        out[i] += bias[i % static_cast<size_t>(matrix.n_rows)];
    return out;
}

/// Norm and RoPE of the heads of every row, rows [n_rows, width].
void norm_and_rotate(const ConclaveGqaWeights& w, const ConclaveBatch& batch, const float* norm, int64_t width,
                     Floats& rows)
{
    const int64_t normed = w.qk_norm == conclave_qk_norm_row ? width : w.head_dim;
    Floats cos(static_cast<size_t>(w.rope.n_dims / 2));
    Floats sin = cos;
    for (int32_t i = 0; i < batch.n_rows; ++i) {
        float* row = rows.data() + i * width;
        for (int64_t at = 0; w.qk_norm != conclave_qk_norm_none && at < width; at += normed)
            rmsnorm_ref(row + at, norm, normed, w.rms_norm_eps, row + at);
        rope_table(w.rope, batch.position[i], cos.data(), sin.data());
        for (int64_t at = 0; at < width; at += w.head_dim)
            rope_rotate(w.rope, cos.data(), sin.data(), row + at);
    }
}

/// One query head of the row at position `last`, which sees cached rows [last + 1, row_width]; out [head_dim].
void attend(const ConclaveGqaWeights& w, int32_t last, const Floats& cached, int64_t row_width, int64_t head,
            const float* query, float* out)
{
    const int64_t key_at = head / (w.n_head / w.n_head_kv) * w.head_dim;
    const int64_t value_at = static_cast<int64_t>(w.n_head_kv) * w.head_dim + key_at;
    const int32_t first = first_seen(w, last);
    std::vector<double> p;
    for (int32_t t = first; t <= last; ++t)
        p.push_back(w.softmax_scale * dot_ref(query, cached.data() + t * row_width + key_at, w.head_dim));
    if (w.sinks)
        p.push_back(w.sinks[head]);
    softmax_ref(p);
    for (int64_t j = 0; j < w.head_dim; ++j) {
        double sum = 0;
        for (int32_t t = first; t <= last; ++t)
            sum += p[static_cast<size_t>(t - first)] * cached[static_cast<size_t>(t * row_width + value_at + j)];
        out[j] = static_cast<float>(sum);
    }
}

} // namespace

void attention_gqa_ref(const ConclaveGqaWeights& w, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                       float* x)
{
    const int64_t n = batch.n_rows;
    const int64_t q_width = static_cast<int64_t>(w.n_head) * w.head_dim;
    const int64_t kv_width = static_cast<int64_t>(w.n_head_kv) * w.head_dim;
    const Floats normed = norm_rows_ref(x, w.hidden, w.attn_norm, w.hidden, n, w.rms_norm_eps);
    Floats q = project(w.q, w.q_bias, normed, n);
    Floats k = project(w.k, w.k_bias, normed, n);
    const Floats v = project(w.v, w.v_bias, normed, n);
    norm_and_rotate(w, batch, w.q_norm, q_width, q);
    norm_and_rotate(w, batch, w.k_norm, kv_width, k);
    for (int32_t i = 0; i < n; ++i) {
        const ConclaveCacheView& cache = caches[batch.sequence[i]];
        store_cached(cache, batch.position[i], 0, kv_width, k.data() + i * kv_width);
        store_cached(cache, batch.position[i], kv_width, kv_width, v.data() + i * kv_width);
    }
    const std::vector<Floats> cached = cached_floats_ref(caches, batch);
    Floats heads(q.size());
    for (int32_t i = 0; i < n; ++i)
        for (int64_t h = 0; h < w.n_head; ++h)
            attend(w, batch.position[i], cached[static_cast<size_t>(batch.sequence[i])],
                   caches[batch.sequence[i]].row_width, h, q.data() + i * q_width + h * w.head_dim,
                   heads.data() + i * q_width + h * w.head_dim);
    Floats out(static_cast<size_t>(n * w.hidden));
    matmul_ref(w.o, 0, heads.data(), q_width, n, out.data(), w.hidden);
    for (size_t i = 0; i < out.size(); ++i)
        x[i] += w.o_bias ? out[i] + w.o_bias[i % static_cast<size_t>(w.hidden)] : out[i];
}

} // namespace conclave
