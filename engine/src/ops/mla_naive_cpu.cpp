#include <algorithm>

#include "ops/gemm.hpp"
#include "ops/mla_heads.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

void decode_matrix(const ConclaveMatrix& matrix, int64_t index, float* out)
{
    for (int64_t r = 0; r < matrix.n_rows; ++r)
        decode_row(matrix, index, r, out + r * matrix.n_cols);
}

/// Keys [piece.n, nope + rope] and values [piece.n, v_head_dim] of one piece.
void decompress(const MlaHeads& call, const CachePiece& piece, const MlaScratch::Lane& lane)
{
    const ConclaveMlaWeights& w = call.w;
    const FloatRows cached = float_rows(piece, 0, w.kv_lora_rank + w.qk_rope_head_dim, lane.cached);
    const int64_t nope = w.qk_nope_head_dim;
    const int64_t rank = w.kv_lora_rank;
    gemm_nn(
        {piece.n, nope, rank, cached.rows, cached.stride, GemmRows::floats(lane.k_b, nope), lane.keys, call.head_dim()},
        false);
    for (int64_t t = 0; t < piece.n; ++t)
        std::copy_n(cached.rows + t * cached.stride + rank, w.qk_rope_head_dim, lane.keys + t * call.head_dim() + nope);
    gemm_nt({piece.n, w.v_head_dim, rank, cached.rows, cached.stride, GemmRows::floats(lane.v_b, rank), lane.values,
             w.v_head_dim});
}

/// The rows of one sequence, `rows` [n] in order of position.
void attend(const MlaHeads& call, int64_t head, const int32_t* rows, int64_t n, const MlaScratch::Lane& lane)
{
    const ConclaveMlaWeights& w = call.w;
    const int64_t dim = call.head_dim();
    const int64_t v = w.v_head_dim;
    for (int64_t i = 0; i < n; ++i)
        std::copy_n(call.query(rows[i], head), dim, lane.queries + i * dim);
    std::fill_n(lane.out, n * v, 0.0f);
    std::fill_n(lane.softmax, n, OnlineSoftmax());

    const ConclaveCacheView& cache = call.caches[call.batch.sequence[rows[0]]];
    const int32_t n_positions = call.batch.position[rows[n - 1]] + 1;
    int64_t first = 0; // row that sees any of the piece
    for (int32_t t = 0; t < n_positions;) {
        const CachePiece piece = cache_piece(cache, t, n_positions, mla_piece);
        while (call.batch.position[rows[first]] < t)
            ++first;
        decompress(call, piece, lane);
        float* scores = lane.scores + first * mla_piece;
        gemm_nt({n - first, piece.n, dim, lane.queries + first * dim, dim, GemmRows::floats(lane.keys, dim), scores,
                 mla_piece});
        for (int64_t i = first; i < n; ++i) {
            float* row = lane.scores + i * mla_piece;
            const int32_t seen = std::min(piece.n, call.batch.position[rows[i]] + 1 - t);
            const float factor = softmax_piece(w.softmax_scale, seen, row, lane.softmax[i]);
            std::fill(row + seen, row + piece.n, 0.0f);
            if (factor != 1.0f)
                scale_by(factor, v, lane.out + i * v);
        }
        gemm_nn({n - first, v, piece.n, scores, mla_piece, GemmRows::floats(lane.values, v), lane.out + first * v, v},
                true);
        t += piece.n;
    }
    for (int64_t i = 0; i < n; ++i) {
        scale_by(1.0f / lane.softmax[i].sum, v, lane.out + i * v);
        std::copy_n(lane.out + i * v, v, call.s.heads.row(rows[i]) + head * v);
    }
}

} // namespace

void naive_head(const MlaHeads& call, int64_t head, const MlaScratch::Lane& lane)
{
    decode_matrix(call.w.k_b, head, lane.k_b);
    decode_matrix(call.w.v_b, head, lane.v_b);
    const int32_t* order = call.s.order;
    for (int32_t begin = 0; begin < call.n_naive;) {
        const int32_t end = end_of_sequence(call.batch, order, call.n_naive, begin);
        attend(call, head, order + begin, end - begin, lane);
        begin = end;
    }
}

} // namespace conclave
