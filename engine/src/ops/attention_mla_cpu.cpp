#include "ops/attention_mla.hpp"

#include <algorithm>

#include "ops/cached_rows.hpp"
#include "ops/mla_heads.hpp"
#include "ops/product.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/rope.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

MlaScratch::Shape shape_of(const ConclaveMlaWeights& w, int64_t n_rows, int64_t threads, int64_t lanes)
{
    return {n_rows,
            w.hidden,
            w.n_head,
            w.qk_nope_head_dim,
            w.qk_rope_head_dim,
            w.v_head_dim,
            w.kv_lora_rank,
            present(w.q) ? 0 : w.q_lora_rank,
            threads,
            lanes};
}

void project(CpuBackend& backend, const MlaHeads& call, const float* x)
{
    const ConclaveMlaWeights& w = call.w;
    const MlaScratch& s = call.s;
    const int64_t n = call.batch.n_rows;
    const int64_t q_width = w.n_head * call.head_dim();
    const int64_t kv_width = w.kv_lora_rank + w.qk_rope_head_dim;
    const bool low_rank = !present(w.q);
    const ConclaveMatrix* const readers[] = {low_rank ? &w.q_a : &w.q, &w.kv_a};
    normalize_rows(*backend.pool, x, w.hidden, w.attn_norm, w.rms_norm_eps, n, takes_int8(readers), s.input);
    const Product first[] = {
        low_rank ? Product{&w.q_a, s.low, w.q_lora_rank, false} : Product{&w.q, s.q, q_width, false},
        {&w.kv_a, s.kv, kv_width, false},
    };
    multiply(*backend.pool, {s.input, n, s.panels}, first);
    if (low_rank) {
        const ConclaveMatrix* const reader[] = {&w.q_b};
        normalize_rows(*backend.pool, s.low, w.q_lora_rank, w.q_a_norm, w.rms_norm_eps, n, takes_int8(reader), s.q_low);
        const Product second[] = {{&w.q_b, s.q, q_width, false}};
        multiply(*backend.pool, {s.q_low, n, s.panels}, second);
    }
    for (int64_t i = 0; i < n; ++i) {
        float* row = s.kv + i * kv_width;
        rmsnorm(row, w.kv_a_norm, w.kv_lora_rank, w.rms_norm_eps, row);
        rope_rotate(w.rope, backend.rope.cos_of(static_cast<int32_t>(i)), backend.rope.sin_of(static_cast<int32_t>(i)),
                    row + w.kv_lora_rank);
        store_cached(call.caches[call.batch.sequence[i]], call.batch.position[i], 0, kv_width, row);
    }
}

/// RoPE of the queries of one form's rows.
void rotate_queries(const CpuBackend& backend, const MlaHeads& call, bool naive, int64_t begin, int64_t end)
{
    for (int32_t i = 0; i < call.batch.n_rows; ++i) {
        if (call.s.naive[i] != naive)
            continue;
        for (int64_t h = begin; h < end; ++h)
            rope_rotate(call.w.rope, backend.rope.cos_of(i), backend.rope.sin_of(i),
                        call.query(i, h) + call.w.qk_nope_head_dim);
    }
}

/// Marks the rows whose sequence takes the naive form and lists them first in s.order, by sequence; returns how many.
int32_t choose_form(const ConclaveBatch& batch, int32_t mode, const MlaScratch& s)
{
    std::fill_n(s.naive, batch.n_rows, false);
    if (!is_naive(mode, batch.n_rows))
        return 0; // no sequence has more rows than the batch
    sort_rows(batch, s.order);
    int32_t n_naive = 0;
    for (int32_t begin = 0, end = 0; begin < batch.n_rows; begin = end) {
        end = end_of_sequence(batch, s.order, batch.n_rows, begin);
        if (!is_naive(mode, end - begin))
            continue;
        for (int32_t i = begin; i < end; ++i) {
            s.naive[s.order[i]] = true;
            s.order[n_naive++] = s.order[i];
        }
    }
    return n_naive;
}

void attend_absorbed(CpuBackend& backend, const MlaHeads& call)
{
    const ConclaveMlaWeights& w = call.w;
    const int64_t last = call.batch.position[call.batch.n_rows - 1] + 1;
    const int64_t rows = call.batch.n_rows - call.n_naive;
    const int64_t work = rows * w.n_head * w.kv_lora_rank * (w.qk_nope_head_dim + w.v_head_dim + 2 * last);
    // Not more than memory was reserved for: the pool may have grown since.
    const int64_t n_threads = work < small_attention ? 1 : std::min<int64_t>(backend.pool->n_threads(), backend.lanes);
    const int64_t share = (w.n_head + n_threads - 1) / n_threads;
    const int64_t piece = mla_piece * static_cast<int64_t>(w.kv_lora_rank + w.qk_rope_head_dim);
    backend.pool->for_ranges(n_threads, 1, [&](int64_t from, int64_t to, int) {
        for (int64_t t = from; t < to; ++t) {
            const int64_t begin = std::min<int64_t>(t * share, w.n_head);
            const int64_t end = std::min<int64_t>(begin + share, w.n_head);
            rotate_queries(backend, call, false, begin, end);
            absorbed_heads(call, begin, end, call.s.cached + t * piece);
        }
    });
}

void attend_naive(CpuBackend& backend, const MlaHeads& call)
{
    // By lane, not by thread: the pool may have grown since memory was reserved.
    const int64_t lanes = std::min<int64_t>(backend.lanes, call.w.n_head);
    backend.pool->for_ranges(lanes, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t lane = begin; lane < end; ++lane)
            for (int64_t h = lane; h < call.w.n_head && !backend.pool->interrupted(); h += lanes) {
                rotate_queries(backend, call, true, h, h + 1);
                naive_head(call, h, call.s.lanes[lane]);
            }
    });
}

} // namespace

MlaScratch MlaScratch::take(Scratch& scratch, const Shape& shape)
{
    const int64_t n = shape.n_rows;
    const int64_t head_dim = shape.nope + shape.rope;
    const int64_t width = shape.kv_lora_rank + shape.rope;
    MlaScratch s;
    s.input = ActivationRows::take(scratch, n, shape.hidden);
    s.q_low = ActivationRows::take(scratch, n, shape.q_lora_rank);
    s.low = scratch.take<float>(n * shape.q_lora_rank);
    s.kv = scratch.take<float>(n * width);
    s.q = scratch.take<float>(n * shape.n_head * head_dim);
    s.heads = ActivationRows::take(scratch, n, shape.n_head * shape.v_head_dim);
    s.panels = PanelMemory::take(scratch, panels_of(n),
                                 std::max({shape.hidden, shape.q_lora_rank, shape.n_head * shape.v_head_dim}));
    s.naive = scratch.take<bool>(n);
    s.order = scratch.take<int32_t>(n);
    s.absorbed = scratch.take<float>(mla_row_block * shape.n_head * width);
    s.latent = scratch.take<float>(mla_row_block * shape.n_head * shape.kv_lora_rank);
    s.scores = scratch.take<float>(shape.n_head * mla_piece);
    s.softmax = scratch.take<OnlineSoftmax>(shape.n_head);
    s.cached = scratch.take<float>(shape.threads * mla_piece * width);
    s.lanes = scratch.take<Lane>(shape.lanes);
    for (int64_t i = 0; i < shape.lanes; ++i) {
        const Lane lane = {
            scratch.take<float>(mla_piece * width),
            scratch.take<float>(shape.kv_lora_rank * shape.nope),
            scratch.take<float>(shape.v_head_dim * shape.kv_lora_rank),
            scratch.take<float>(mla_piece * head_dim),
            scratch.take<float>(mla_piece * shape.v_head_dim),
            scratch.take<float>(n * head_dim),
            scratch.take<float>(n * mla_piece),
            scratch.take<float>(n * shape.v_head_dim),
            scratch.take<OnlineSoftmax>(n),
        };
        if (scratch.fits())
            s.lanes[i] = lane;
    }
    return s;
}

ConclaveStatus attention_mla_cpu(CpuBackend& backend, const ConclaveMlaWeights& w, const ConclaveBatch& batch,
                                 const ConclaveCacheView* caches, int32_t mode, float* x, ConclaveMessage* message)
{
    const bool any_naive = is_naive(mode, batch.n_rows); // no sequence has more rows than the batch
    Scratch memory = backend.scratch();
    const MlaScratch scratch =
        MlaScratch::take(memory, shape_of(w, batch.n_rows, backend.lanes, any_naive ? backend.lanes : 0));
    if (!memory.fits() || !backend.rope.update(w.rope, batch))
        return too_large("attention", message);
    const MlaHeads call = {w, batch, caches, scratch, choose_form(batch, mode, scratch)};
    project(backend, call, x);
    if (call.n_naive > 0)
        attend_naive(backend, call);
    if (call.n_naive < batch.n_rows)
        attend_absorbed(backend, call);

    quantize_rows(*backend.pool, w.o, batch.n_rows, scratch.heads);
    const Product out[] = {{&w.o, x, w.hidden, true}};
    multiply(*backend.pool, {scratch.heads, batch.n_rows, scratch.panels}, out);
    return conclave_ok;
}

} // namespace conclave
