#include <algorithm>

#include "ops/gemm.hpp"
#include "ops/mla_heads.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

/// c [m, W.n_rows] = a · W[index]ᵀ with float activations: int8 ones would cost the absorbed form the agreement with
/// the naive one, and these matrices are a few percent of a layer. W is decoded a tile at a time.
void multiply_decoded(const ConclaveMatrix& matrix, int64_t index, Gemm g)
{
    alignas(64) float tile[mla_decode_floats];
    const int64_t rows = std::min<int64_t>(mla_decode_floats / matrix.n_cols, matrix.n_rows);
    float* const c = g.c;
    g.k = matrix.n_cols;
    g.b = tile;
    g.b_stride = matrix.n_cols;
    for (int64_t r = 0; r < matrix.n_rows; r += rows) {
        g.n = std::min(rows, matrix.n_rows - r);
        for (int64_t i = 0; i < g.n; ++i)
            decode_row(matrix, index, r + i, tile + i * matrix.n_cols);
        g.c = c + r;
        gemm_nt(g);
    }
}

/// Softmax over the latents that row `row` sees; held row `held` of the block. One pass over the cache for all the
/// heads.
void attend(const MlaHeads& call, int64_t row, int64_t held, int64_t begin, int64_t end)
{
    const ConclaveMlaWeights& w = call.w;
    const int64_t rank = w.kv_lora_rank;
    const int64_t width = rank + w.qk_rope_head_dim;
    const float* absorbed = call.s.absorbed + (held * w.n_head + begin) * width;
    float* latent = call.s.latent + (held * w.n_head + begin) * rank;
    float* scores = call.s.scores + begin * mla_piece;
    OnlineSoftmax* softmax = call.s.softmax + begin;
    const int64_t n = end - begin;
    std::fill_n(latent, n * rank, 0.0f);
    std::fill_n(softmax, n, OnlineSoftmax());

    const ConclaveCacheView& cache = call.caches[call.batch.sequence[row]];
    const int32_t n_positions = call.batch.position[row] + 1;
    for (int32_t t = 0; t < n_positions;) {
        const CachePiece piece = cache_piece(cache, t, n_positions, mla_piece);
        gemm_nt({n, piece.n, width, absorbed, width, piece.rows, cache.row_width, scores, mla_piece});
        for (int64_t h = 0; h < n; ++h) {
            const float factor = softmax_piece(w.softmax_scale, piece.n, scores + h * mla_piece, softmax[h]);
            if (factor != 1.0f)
                scale_by(factor, rank, latent + h * rank);
        }
        gemm_nn({n, rank, piece.n, scores, mla_piece, piece.rows, cache.row_width, latent, rank}, true);
        t += piece.n;
    }
    for (int64_t h = 0; h < n; ++h)
        scale_by(1.0f / softmax[h].sum, rank, latent + h * rank);
}

/// Absorbed rows from `first` on that lie side by side, at most a block of them.
int64_t rows_together(const MlaHeads& call, int64_t first)
{
    int64_t n = 0;
    while (n < mla_row_block && first + n < call.batch.n_rows && !call.s.naive[first + n])
        ++n;
    return n;
}

} // namespace

void absorbed_heads(const MlaHeads& call, int64_t begin, int64_t end)
{
    const ConclaveMlaWeights& w = call.w;
    const int64_t rank = w.kv_lora_rank;
    const int64_t width = rank + w.qk_rope_head_dim;
    const int64_t out_width = static_cast<int64_t>(w.n_head) * w.v_head_dim;
    int64_t n = 0;
    for (int64_t first = 0; first < call.batch.n_rows; first += std::max<int64_t>(n, 1)) {
        n = rows_together(call, first);
        if (n == 0)
            continue; // a naive row
        for (int64_t h = begin; h < end; ++h) {
            float* absorbed = call.s.absorbed + h * width;
            multiply_decoded(w.k_b, h,
                             {.m = n,
                              .a = call.query(first, h),
                              .a_stride = w.n_head * call.head_dim(),
                              .c = absorbed,
                              .c_stride = w.n_head * width});
            for (int64_t i = 0; i < n; ++i)
                std::copy_n(call.query(first + i, h) + w.qk_nope_head_dim, w.qk_rope_head_dim,
                            absorbed + i * w.n_head * width + rank);
        }
        for (int64_t i = 0; i < n; ++i)
            attend(call, first + i, i, begin, end);
        for (int64_t h = begin; h < end; ++h)
            multiply_decoded(w.v_b, h,
                             {.m = n,
                              .a = call.s.latent + h * rank,
                              .a_stride = w.n_head * rank,
                              .c = call.s.heads.row(first) + h * w.v_head_dim,
                              .c_stride = out_width});
    }
}

} // namespace conclave
