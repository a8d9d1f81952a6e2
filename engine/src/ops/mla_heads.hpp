#pragma once

#include <cstdint>

#include "ops/activation_rows.hpp"
#include "ops/batch_rows.hpp"
#include "ops/cached_rows.hpp"
#include "ops/op_table.hpp"
#include "ops/scratch.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

/// Cached positions met at a time: 64 rows of 576 floats are 144 KB, which stay in the second cache while every head of
/// a thread reads them. A piece never crosses a page.
constexpr int32_t mla_piece = 64;
/// Rows whose absorbed queries are held at a time, so that each k_b and v_b comes from memory once for them all.
constexpr int32_t mla_row_block = 8;

/// Everything an attention step holds, and what prepare() counts.
struct MlaScratch {
    struct Shape {
        int64_t n_rows, hidden, n_head, nope, rope, v_head_dim, kv_lora_rank, q_lora_rank, threads, lanes;
    };
    /// What one lane of naive attention holds: one head, decompressed piece by piece.
    struct Lane {
        float* cached;          ///< [mla_piece, kv_lora_rank + rope], of a cache that does not hold floats
        float* k_b;             ///< [kv_lora_rank, nope] decoded
        float* v_b;             ///< [v_head_dim, kv_lora_rank] decoded
        float* keys;            ///< [mla_piece, nope + rope]
        float* values;          ///< [mla_piece, v_head_dim]
        float* queries;         ///< [n_rows, nope + rope] of one sequence
        float* scores;          ///< [n_rows, mla_piece]
        float* out;             ///< [n_rows, v_head_dim]
        OnlineSoftmax* softmax; ///< [n_rows]
    };
    ActivationRows input;   ///< [n_rows, hidden]
    ActivationRows q_low;   ///< [n_rows, q_lora_rank]
    float* low;             ///< [n_rows, q_lora_rank] before its norm
    float* kv;              ///< [n_rows, kv_lora_rank + rope]
    float* q;               ///< [n_rows, n_head, nope + rope]
    ActivationRows heads;   ///< [n_rows, n_head * v_head_dim]
    PanelMemory panels;     ///< of input, q_low or heads
    bool* naive;            ///< [n_rows] whether the row's sequence takes the naive form
    int32_t* order;         ///< [n_rows] the naive rows by sequence, each sequence in order of position
    float* absorbed;        ///< [mla_row_block, n_head, kv_lora_rank + rope]
    float* latent;          ///< [mla_row_block, n_head, kv_lora_rank]
    float* scores;          ///< [n_head, mla_piece]
    float* cached;          ///< [threads, mla_piece, kv_lora_rank + rope], of a cache that does not hold floats
    OnlineSoftmax* softmax; ///< [n_head]
    Lane* lanes;            ///< [lanes]

    static MlaScratch take(Scratch& scratch, const Shape& shape);
};

/// The heads of a batch once queries (after RoPE) and cache rows are there; both write scratch.heads.
struct MlaHeads {
    const ConclaveMlaWeights& w;
    const ConclaveBatch& batch;
    const ConclaveCacheView* caches;
    const MlaScratch& s;
    int32_t n_naive = 0; ///< rows in s.order

    int64_t head_dim() const { return w.qk_nope_head_dim + w.qk_rope_head_dim; }
    float* query(int64_t row, int64_t head) const { return s.q + (row * w.n_head + head) * head_dim(); }
};

/// Heads [begin, end) of the rows that are not naive: the cached rows are read once for all of them. `cached` is memory
/// for a piece.
void absorbed_heads(const MlaHeads& call, int64_t begin, int64_t end, float* cached);
/// One head of the naive rows, in the memory of one lane.
void naive_head(const MlaHeads& call, int64_t head, const MlaScratch::Lane& lane);

} // namespace conclave
