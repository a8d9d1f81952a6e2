#include <algorithm>

#include "ops/gemm.hpp"
#include "ops/mla_heads.hpp"
#include "ops/shapes.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

// Rows of weights that both halves of an activation meet in the first cache.
constexpr int64_t run_rows = 64;

/// x [n] in int8 twice: the second is what the first leaves, so that both together keep 15 bits.
struct TwofoldRow {
    alignas(64) int8_t q[2][conclave_max_mla_width];
    float scale[2][conclave_max_mla_width / 32], sum[2][conclave_max_mla_width / 32];
    float half_sum[2][conclave_max_mla_width / 16];

    Activation quantize(int i, const float* x, int64_t n)
    {
        quantize_activation(x, n, {q[i], scale[i], sum[i], half_sum[i]});
        return {x, q[i], scale[i], sum[i], half_sum[i]};
    }
};

/// out [W.n_rows] = W[index] · x to the accuracy of float activations: plain int8 ones would cost the absorbed form the
/// agreement with the naive one.
void multiply_row(const ConclaveMatrix& matrix, int64_t index, const float* x, float* out)
{
    if (!codec_of(matrix).takes_int8) {
        dot_rows(matrix, index, 0, matrix.n_rows, {x, nullptr, nullptr, nullptr, nullptr}, out);
        return;
    }
    TwofoldRow row;
    alignas(64) float rest[conclave_max_mla_width], sums[run_rows];
    const Activation coarse = row.quantize(0, x, matrix.n_cols);
    for (int64_t i = 0; i < matrix.n_cols; ++i)
        rest[i] = x[i] - coarse.scale[i / 32] * static_cast<float>(coarse.q[i]);
    const Activation fine = row.quantize(1, rest, matrix.n_cols);
    for (int64_t r = 0; r < matrix.n_rows; r += run_rows) {
        const int64_t n = std::min(run_rows, matrix.n_rows - r);
        dot_rows(matrix, index, r, n, coarse, out + r);
        dot_rows(matrix, index, r, n, fine, sums);
        add_scaled(1.0f, sums, n, out + r);
    }
}

/// Softmax over the latents that row `row` sees; held row `held` of the block. One pass over the cache for all the
/// heads.
void attend(const MlaHeads& call, int64_t row, int64_t held, int64_t begin, int64_t end, float* memory)
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
        const GemmRows cached = gemm_rows(piece, 0, width, n, memory);
        gemm_nt({n, piece.n, width, absorbed, width, cached, scores, mla_piece});
        for (int64_t h = 0; h < n; ++h) {
            const float factor = softmax_piece(w.softmax_scale, piece.n, scores + h * mla_piece, softmax[h]);
            if (factor != 1.0f)
                scale_by(factor, rank, latent + h * rank);
        }
        gemm_nn({n, rank, piece.n, scores, mla_piece, cached, latent, rank}, true);
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

void absorbed_heads(const MlaHeads& call, int64_t begin, int64_t end, float* cached)
{
    const ConclaveMlaWeights& w = call.w;
    const int64_t rank = w.kv_lora_rank;
    const int64_t width = rank + w.qk_rope_head_dim;
    int64_t n = 0;
    for (int64_t first = 0; first < call.batch.n_rows; first += std::max<int64_t>(n, 1)) {
        n = rows_together(call, first);
        if (n == 0)
            continue; // a naive row
        for (int64_t h = begin; h < end; ++h) {
            float* absorbed = call.s.absorbed + h * width;
            for (int64_t i = 0; i < n; ++i) {
                const float* query = call.query(first + i, h);
                float* row = absorbed + i * w.n_head * width;
                multiply_row(w.k_b, h, query, row);
                std::copy_n(query + w.qk_nope_head_dim, w.qk_rope_head_dim, row + rank);
            }
        }
        for (int64_t i = 0; i < n; ++i)
            attend(call, first + i, i, begin, end, cached);
        for (int64_t h = begin; h < end; ++h)
            for (int64_t i = 0; i < n; ++i)
                multiply_row(w.v_b, h, call.s.latent + (i * w.n_head + h) * rank,
                             call.s.heads.row(first + i) + h * w.v_head_dim);
    }
}

} // namespace conclave
