#include "ops/attention_mla.hpp"

#include <algorithm>
#include <vector>

#include "ops/cached_rows.hpp"
#include "ops/matmul.hpp"
#include "ops/plain_math.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/rope.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

using Floats = std::vector<float>;

Floats floats(int64_t n)
{
    return Floats(static_cast<size_t>(n));
}

/// Queries [n_rows, n_head, nope + rope] with RoPE applied; keys go into the caches on the way.
Floats queries_and_cache(const ConclaveMlaWeights& w, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                         const float* x)
{
    const int64_t n = batch.n_rows;
    const int64_t head = w.qk_nope_head_dim + w.qk_rope_head_dim;
    const Floats normed = norm_rows_ref(x, w.hidden, w.attn_norm, w.hidden, n, w.rms_norm_eps);
    Floats q = floats(n * w.n_head * head);
    if (present(w.q)) {
        matmul_ref(w.q, 0, normed.data(), w.hidden, n, q.data(), w.n_head * head);
    } else {
        Floats low = floats(n * w.q_lora_rank);
        matmul_ref(w.q_a, 0, normed.data(), w.hidden, n, low.data(), w.q_lora_rank);
        low = norm_rows_ref(low.data(), w.q_lora_rank, w.q_a_norm, w.q_lora_rank, n, w.rms_norm_eps);
        matmul_ref(w.q_b, 0, low.data(), w.q_lora_rank, n, q.data(), w.n_head * head);
    }
    const int64_t width = w.kv_lora_rank + w.qk_rope_head_dim;
    Floats kv = floats(n * width);
    matmul_ref(w.kv_a, 0, normed.data(), w.hidden, n, kv.data(), width);

    Floats cos = floats(w.rope.n_dims / 2);
    Floats sin = cos;
    for (int32_t i = 0; i < n; ++i) {
        rope_table(w.rope, batch.position[i], cos.data(), sin.data());
        for (int64_t h = 0; h < w.n_head; ++h)
            rope_rotate(w.rope, cos.data(), sin.data(), q.data() + (i * w.n_head + h) * head + w.qk_nope_head_dim);
        float* row = kv.data() + i * width;
        rmsnorm_ref(row, w.kv_a_norm, w.kv_lora_rank, w.rms_norm_eps, row);
        rope_rotate(w.rope, cos.data(), sin.data(), row + w.kv_lora_rank);
        store_cached(caches[batch.sequence[i]], batch.position[i], 0, width, row);
    }
    return q;
}

/// out [n] = matrix `index` with n_rows rows of n columns, decoded.
Floats decode_matrix(const ConclaveMatrix& matrix, int64_t index)
{
    Floats out = floats(matrix.n_rows * matrix.n_cols);
    for (int64_t r = 0; r < matrix.n_rows; ++r)
        decode_row_ref(matrix, index, r, out.data() + r * matrix.n_cols);
    return out;
}

/// One head of all rows, its two weight matrices decoded.
struct Head {
    const ConclaveMlaWeights& w;
    const ConclaveBatch& batch;
    const ConclaveCacheView* caches;
    const std::vector<Floats>& cached; ///< of each sequence [n_positions, row_width]
    int64_t index;
    Floats k_b; ///< [kv_lora_rank, nope]
    Floats v_b; ///< [v_head_dim, kv_lora_rank]

    const float* row(int32_t sequence, size_t position) const
    {
        return cached[static_cast<size_t>(sequence)].data() +
               position * static_cast<size_t>(caches[sequence].row_width);
    }
};

/// Keys [n_positions, nope] and values [n_positions, v_head_dim] of one sequence, as naive attention sees them.
void decompress(const Head& head, int32_t sequence, int32_t n_positions, Floats& keys, Floats& values)
{
    const int64_t nope = head.w.qk_nope_head_dim;
    const int64_t rank = head.w.kv_lora_rank;
    const int64_t v = head.w.v_head_dim;
    keys = floats(n_positions * nope);
    values = floats(n_positions * v);
    for (int32_t p = 0; p < n_positions; ++p) {
        const float* c = head.row(sequence, static_cast<size_t>(p));
        for (int64_t j = 0; j < nope; ++j) {
            double sum = 0;
            for (int64_t r = 0; r < rank; ++r)
                sum += static_cast<double>(head.k_b[static_cast<size_t>(r * nope + j)]) * c[r];
            keys[static_cast<size_t>(p * nope + j)] = static_cast<float>(sum);
        }
        for (int64_t j = 0; j < v; ++j)
            values[static_cast<size_t>(p * v + j)] = static_cast<float>(dot_ref(head.v_b.data() + j * rank, c, rank));
    }
}

void naive_row(const Head& head, int32_t i, const float* q, const Floats& keys, const Floats& values, float* out)
{
    const ConclaveMlaWeights& w = head.w;
    const int32_t sequence = head.batch.sequence[i];
    std::vector<double> p(static_cast<size_t>(head.batch.position[i]) + 1);
    for (size_t t = 0; t < p.size(); ++t)
        p[t] = w.softmax_scale *
               (dot_ref(q, keys.data() + t * w.qk_nope_head_dim, w.qk_nope_head_dim) +
                dot_ref(q + w.qk_nope_head_dim, head.row(sequence, t) + w.kv_lora_rank, w.qk_rope_head_dim));
    softmax_ref(p);
    for (int64_t j = 0; j < w.v_head_dim; ++j) {
        double sum = 0;
        for (size_t t = 0; t < p.size(); ++t)
            sum += p[t] * values[t * w.v_head_dim + static_cast<size_t>(j)];
        out[j] = static_cast<float>(sum);
    }
}

void absorbed_row(const Head& head, int32_t i, const float* q, float* out)
{
    const ConclaveMlaWeights& w = head.w;
    const int64_t rank = w.kv_lora_rank;
    const int32_t sequence = head.batch.sequence[i];
    Floats absorbed = floats(rank);
    for (int64_t r = 0; r < rank; ++r)
        absorbed[static_cast<size_t>(r)] =
            static_cast<float>(dot_ref(head.k_b.data() + r * w.qk_nope_head_dim, q, w.qk_nope_head_dim));
    std::vector<double> p(static_cast<size_t>(head.batch.position[i]) + 1);
    for (size_t t = 0; t < p.size(); ++t) {
        const float* row = head.row(sequence, t);
        p[t] = w.softmax_scale *
               (dot_ref(absorbed.data(), row, rank) + dot_ref(q + w.qk_nope_head_dim, row + rank, w.qk_rope_head_dim));
    }
    softmax_ref(p);
    Floats latent = floats(rank);
    for (int64_t r = 0; r < rank; ++r) {
        double sum = 0;
        for (size_t t = 0; t < p.size(); ++t)
            sum += p[t] * head.row(sequence, t)[r];
        latent[static_cast<size_t>(r)] = static_cast<float>(sum);
    }
    for (int64_t j = 0; j < w.v_head_dim; ++j)
        out[j] = static_cast<float>(dot_ref(head.v_b.data() + j * rank, latent.data(), rank));
}

/// All rows of one head, sequence by sequence; the keys and values of a naive one are decompressed once, whatever its
/// number of rows.
void attend(const Head& head, int32_t mode, const Floats& q, Floats& out)
{
    const ConclaveMlaWeights& w = head.w;
    const int64_t head_dim = w.qk_nope_head_dim + w.qk_rope_head_dim;
    const int32_t n = head.batch.n_rows;
    Floats keys, values;
    int32_t decompressed = -1; // sequence
    for (int32_t first = 0; first < n; ++first) {
        const int32_t sequence = head.batch.sequence[first];
        if (std::find(head.batch.sequence, head.batch.sequence + first, sequence) != head.batch.sequence + first)
            continue; // done with its first row
        const auto rows = std::count(head.batch.sequence + first, head.batch.sequence + n, sequence);
        const bool naive = is_naive(mode, static_cast<int32_t>(rows));
        for (int32_t i = first; i < n; ++i) {
            if (head.batch.sequence[i] != sequence)
                continue;
            const float* query = q.data() + (static_cast<int64_t>(i) * w.n_head + head.index) * head_dim;
            float* result = out.data() + (static_cast<int64_t>(i) * w.n_head + head.index) * w.v_head_dim;
            if (!naive) {
                absorbed_row(head, i, query, result);
                continue;
            }
            if (decompressed != sequence) {
                int32_t n_positions = 0;
                for (int32_t j = first; j < n; ++j)
                    if (head.batch.sequence[j] == sequence)
                        n_positions = std::max(n_positions, head.batch.position[j] + 1);
                decompress(head, sequence, n_positions, keys, values);
                decompressed = sequence;
            }
            naive_row(head, i, query, keys, values, result);
        }
    }
}

} // namespace

void attention_mla_ref(const ConclaveMlaWeights& w, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                       int32_t mode, float* x)
{
    const Floats q = queries_and_cache(w, batch, caches, x);
    const std::vector<Floats> cached = cached_floats_ref(caches, batch);
    const int64_t width = static_cast<int64_t>(w.n_head) * w.v_head_dim;
    Floats heads = floats(batch.n_rows * width);
    for (int64_t h = 0; h < w.n_head; ++h)
        attend({w, batch, caches, cached, h, decode_matrix(w.k_b, h), decode_matrix(w.v_b, h)}, mode, q, heads);
    Floats out = floats(static_cast<int64_t>(batch.n_rows) * w.hidden);
    matmul_ref(w.o, 0, heads.data(), width, batch.n_rows, out.data(), w.hidden);
    for (size_t i = 0; i < out.size(); ++i)
        x[i] += out[i];
}

} // namespace conclave
