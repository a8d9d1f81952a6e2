#include <algorithm>

#include "ops/attention_gqa.hpp"
#include "ops/batch_rows.hpp"
#include "ops/cached_rows.hpp"
#include "ops/gemm.hpp"
#include "ops/product.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/rope.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

struct Call {
    CpuBackend& backend;
    const ConclaveGqaWeights& w;
    const ConclaveBatch& batch;
    const ConclaveCacheView* caches;
    const GqaScratch& s;

    int64_t q_width() const { return static_cast<int64_t>(w.n_head) * w.head_dim; }
    int64_t kv_width() const { return static_cast<int64_t>(w.n_head_kv) * w.head_dim; }
    int64_t group() const { return w.n_head / w.n_head_kv; }
};

/// Lines that a lane holds. A group is counted as if all query heads shared one key head: then any layer within the
/// limits fits.
int64_t gqa_lines(int64_t n_head)
{
    return std::max(gqa_queries, n_head);
}

int64_t rows_of_block(int64_t group)
{
    return std::max<int64_t>(1, gqa_queries / group);
}

void add_bias(const float* bias, int64_t n, float* row)
{
    if (bias)
        add_scaled(1.0f, bias, n, row);
}

/// Bias, norm and RoPE of the heads of one row.
void finish_heads(const Call& call, int32_t i, const float* bias, const float* norm, int64_t width, float* row)
{
    const ConclaveGqaWeights& w = call.w;
    add_bias(bias, width, row);
    const int64_t normed = w.qk_norm == conclave_qk_norm_row ? width : w.head_dim;
    for (int64_t at = 0; w.qk_norm != conclave_qk_norm_none && at < width; at += normed)
        rmsnorm(row + at, norm, normed, w.rms_norm_eps, row + at);
    for (int64_t at = 0; at < width; at += w.head_dim)
        rope_rotate(w.rope, call.backend.rope.cos_of(i), call.backend.rope.sin_of(i), row + at);
}

void project(const Call& call, const float* x)
{
    const ConclaveGqaWeights& w = call.w;
    const GqaScratch& s = call.s;
    ThreadPool& pool = *call.backend.pool;
    const ConclaveMatrix* const readers[] = {&w.q, &w.k, &w.v};
    normalize_rows(pool, x, w.hidden, w.attn_norm, w.rms_norm_eps, call.batch.n_rows, takes_int8(readers), s.input);
    const Product products[] = {
        {&w.q, s.q, call.q_width(), false},
        {&w.k, s.k, call.kv_width(), false},
        {&w.v, s.v, call.kv_width(), false},
    };
    multiply(pool, {s.input, call.batch.n_rows, s.panels}, products);
    pool.for_ranges(call.batch.n_rows, 1, [&](int64_t begin, int64_t end, int) {
        for (auto i = static_cast<int32_t>(begin); i < end; ++i) {
            float* k = s.k + i * call.kv_width();
            float* v = s.v + i * call.kv_width();
            finish_heads(call, i, w.q_bias, w.q_norm, call.q_width(), s.q + i * call.q_width());
            finish_heads(call, i, w.k_bias, w.k_norm, call.kv_width(), k);
            add_bias(w.v_bias, call.kv_width(), v);
            const ConclaveCacheView& cache = call.caches[call.batch.sequence[i]];
            store_cached(cache, call.batch.position[i], 0, call.kv_width(), k);
            store_cached(cache, call.batch.position[i], call.kv_width(), call.kv_width(), v);
        }
    });
}

/// Cuts every sequence's rows into blocks; returns how many.
int64_t make_blocks(const Call& call)
{
    sort_rows(call.batch, call.s.order);
    const auto most = static_cast<int32_t>(rows_of_block(call.group()));
    int64_t n_blocks = 0;
    for (int32_t begin = 0; begin < call.batch.n_rows;) {
        const int32_t end = end_of_sequence(call.batch, call.s.order, call.batch.n_rows, begin);
        for (; begin < end; begin += most)
            call.s.blocks[n_blocks++] = {begin, std::min(begin + most, end)};
        begin = end;
    }
    return n_blocks;
}

/// Key heads that one lane takes through a piece one after another: as many as its memory holds the queries of, so that
/// a step of few rows reads its cache front to back, not once for every head.
int64_t heads_together(const Call& call, int64_t lanes)
{
    const int64_t lines = std::min<int64_t>(rows_of_block(call.group()), call.batch.n_rows) * call.group();
    const int64_t share = (call.w.n_head_kv + lanes - 1) / lanes;
    return std::clamp<int64_t>(gqa_lines(call.w.n_head) / lines, 1, share);
}

/// What one lane does at a time: the query heads of key heads [kv_begin, kv_end) for the rows of one block. Query g of
/// row i is line i * group + g of its key head, and those follow each other throughout.
struct Unit {
    const int32_t* rows;
    int32_t n_rows;
    int64_t kv_begin, kv_end;

    Unit(const Call& call, const GqaScratch::Block& block, int64_t chunk, int64_t n_heads)
        : rows(call.s.order + block.begin), n_rows(block.end - block.begin), kv_begin(chunk * n_heads),
          kv_end(std::min<int64_t>(kv_begin + n_heads, call.w.n_head_kv))
    {
    }
};

/// One key head meets a piece of the cache, which the lines from `first` on see some of. `lane` begins with its lines.
void meet(const Call& call, const Unit& unit, int64_t kv, const CachePiece& piece, int64_t first,
          const GqaScratch::Lane& lane)
{
    const ConclaveGqaWeights& w = call.w;
    const int64_t dim = w.head_dim, group = call.group();
    const int64_t n_lines = unit.n_rows * group, n_readers = n_lines - first;
    const GemmRows keys = gemm_rows(piece, kv * dim, dim, n_readers, lane.cached);
    float* scores = lane.scores + first * gqa_piece;
    gemm_nt({n_readers, piece.n, dim, lane.queries + first * dim, dim, keys, scores, gqa_piece});
    for (int64_t line = first; line < n_lines; ++line) {
        float* row = lane.scores + line * gqa_piece;
        const int32_t position = call.batch.position[unit.rows[line / group]];
        const int32_t end = std::min(piece.n, position + 1 - piece.first);
        const int32_t begin = std::clamp(first_seen(w, position) - piece.first, 0, end);
        const float factor =
            begin < end ? softmax_piece(w.softmax_scale, end - begin, row + begin, lane.softmax[line]) : 1.0f;
        std::fill(row, row + begin, 0.0f);
        std::fill(row + end, row + piece.n, 0.0f);
        if (factor != 1.0f)
            scale_by(factor, dim, lane.out + line * dim);
    }
    const GemmRows values = gemm_rows(piece, call.kv_width() + kv * dim, dim, n_readers, lane.cached);
    gemm_nn({n_readers, dim, piece.n, scores, gqa_piece, values, lane.out + first * dim, dim}, true);
}

void attend(const Call& call, const Unit& unit, const GqaScratch::Lane& lane)
{
    const ConclaveGqaWeights& w = call.w;
    const int64_t dim = w.head_dim, group = call.group();
    const int64_t n_lines = unit.n_rows * group; // of each key head
    const auto lane_of = [&](int64_t kv) {
        const int64_t line = (kv - unit.kv_begin) * n_lines;
        return GqaScratch::Lane{lane.queries + line * dim, lane.scores, lane.out + line * dim, lane.cached,
                                lane.softmax + line};
    };
    for (int64_t kv = unit.kv_begin; kv < unit.kv_end; ++kv) {
        const GqaScratch::Lane head = lane_of(kv);
        for (int64_t i = 0; i < unit.n_rows; ++i)
            std::copy_n(call.s.q + unit.rows[i] * call.q_width() + kv * group * dim, group * dim,
                        head.queries + i * group * dim);
        std::fill_n(head.out, n_lines * dim, 0.0f);
        for (int64_t line = 0; line < n_lines; ++line) // a sink is a score that was there before all others
            head.softmax[line] = w.sinks ? OnlineSoftmax{w.sinks[kv * group + line % group], 1.0f} : OnlineSoftmax();
    }

    const int32_t* position = call.batch.position;
    const ConclaveCacheView& cache = call.caches[call.batch.sequence[unit.rows[0]]];
    const int32_t n_positions = position[unit.rows[unit.n_rows - 1]] + 1;
    int64_t first = 0; // line of the first row that sees any of the piece
    // Whole pages that no row sees any more are passed over.
    for (int32_t t = first_seen(w, position[unit.rows[0]]) / cache.page_rows * cache.page_rows; t < n_positions;) {
        const CachePiece piece = cache_piece(cache, t, n_positions, gqa_piece);
        while (position[unit.rows[first / group]] < t)
            first += group;
        for (int64_t kv = unit.kv_begin; kv < unit.kv_end; ++kv)
            meet(call, unit, kv, piece, first, lane_of(kv));
        t += piece.n;
    }
    for (int64_t kv = unit.kv_begin; kv < unit.kv_end; ++kv) {
        const GqaScratch::Lane head = lane_of(kv);
        for (int64_t line = 0; line < n_lines; ++line) {
            float* out = head.out + line * dim;
            scale_by(1.0f / head.softmax[line].sum, dim, out);
            std::copy_n(out, dim, call.s.heads.row(unit.rows[line / group]) + (kv * group + line % group) * dim);
        }
    }
}

void attend_all(const Call& call)
{
    const int64_t n_blocks = make_blocks(call);
    const int64_t last = call.batch.position[call.batch.n_rows - 1] + 1;
    const bool small = call.batch.n_rows * call.q_width() * 2 * last < small_attention;
    const int64_t n_heads = heads_together(call, small ? 1 : call.backend.lanes);
    const int64_t n_chunks = (call.w.n_head_kv + n_heads - 1) / n_heads;
    const int64_t n_units = n_blocks * n_chunks;
    // By lane, not by thread: the pool may have grown since memory was reserved.
    const int64_t lanes = small ? 1 : std::min<int64_t>(call.backend.lanes, n_units);
    call.backend.pool->for_ranges(lanes, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t lane = begin; lane < end; ++lane)
            for (int64_t unit = lane; unit < n_units && !call.backend.pool->interrupted(); unit += lanes)
                attend(call, Unit(call, call.s.blocks[unit / n_chunks], unit % n_chunks, n_heads), call.s.lanes[lane]);
    });
}

} // namespace

GqaScratch GqaScratch::take(Scratch& scratch, const Shape& shape)
{
    const int64_t n = shape.n_rows;
    const int64_t lines = gqa_lines(shape.n_head);
    GqaScratch s;
    s.input = ActivationRows::take(scratch, n, shape.hidden);
    s.q = scratch.take<float>(n * shape.n_head * shape.head_dim);
    s.k = scratch.take<float>(n * shape.n_head_kv * shape.head_dim);
    s.v = scratch.take<float>(n * shape.n_head_kv * shape.head_dim);
    s.heads = ActivationRows::take(scratch, n, shape.n_head * shape.head_dim);
    s.panels = PanelMemory::take(scratch, panels_of(n), std::max(shape.hidden, shape.n_head * shape.head_dim));
    s.order = scratch.take<int32_t>(n);
    s.blocks = scratch.take<Block>(n);
    s.lanes = scratch.take<Lane>(shape.lanes);
    for (int64_t i = 0; i < shape.lanes; ++i) {
        const Lane lane = {scratch.take<float>(lines * shape.head_dim), scratch.take<float>(lines * gqa_piece),
                           scratch.take<float>(lines * shape.head_dim), scratch.take<float>(gqa_piece * shape.head_dim),
                           scratch.take<OnlineSoftmax>(lines)};
        if (scratch.fits())
            s.lanes[i] = lane;
    }
    return s;
}

ConclaveStatus attention_gqa_cpu(CpuBackend& backend, const ConclaveGqaWeights& w, const ConclaveBatch& batch,
                                 const ConclaveCacheView* caches, float* x, ConclaveMessage* message)
{
    Scratch memory = backend.scratch();
    const GqaScratch scratch =
        GqaScratch::take(memory, {batch.n_rows, w.hidden, w.n_head, w.n_head_kv, w.head_dim, backend.lanes});
    if (!memory.fits() || !backend.rope.update(w.rope, batch))
        return too_large("attention", message);
    const Call call = {backend, w, batch, caches, scratch};
    project(call, x);
    attend_all(call);
    quantize_rows(*backend.pool, w.o, batch.n_rows, scratch.heads);
    const Product out[] = {{&w.o, x, w.hidden, true}};
    multiply(*backend.pool, {scratch.heads, batch.n_rows, scratch.panels}, out);
    for (int64_t i = 0; w.o_bias && i < batch.n_rows; ++i)
        add_scaled(1.0f, w.o_bias, w.hidden, x + i * w.hidden);
    return conclave_ok;
}

} // namespace conclave
