#pragma once

#include <cstdint>

#include "ops/activation_rows.hpp"
#include "ops/backend_cpu.hpp"
#include "ops/op_table.hpp"
#include "ops/scratch.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

/// x [n_rows, hidden] += W_o · attention(RMSNorm(x)); writes the batch's keys and values into the caches, then lets
/// each row see every position of its own sequence up to its own. q, k and v get their bias, then q and k their norm,
/// then RoPE. Source: Ainslie et al. 2023, §2.2; transformers modeling_qwen2.py (biases), modeling_qwen3.py (a norm per
/// head), modeling_olmoe.py (a norm over the row), modeling_gpt_oss.py (sinks, windows).
void attention_gqa_ref(const ConclaveGqaWeights& weights, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                       float* x);

/// The first position that a row at `position` sees.
inline int32_t first_seen(const ConclaveGqaWeights& weights, int32_t position)
{
    return weights.window > 0 && position >= weights.window ? position - weights.window + 1 : 0;
}

/// Cached positions met at a time. A piece never crosses a page.
constexpr int32_t gqa_piece = 64;
/// Queries (rows × heads of one key head) that meet a piece together: it is read once for all of them.
constexpr int64_t gqa_queries = 64;

/// Everything a step holds, and what prepare() counts.
struct GqaScratch {
    struct Shape {
        int64_t n_rows, hidden, n_head, n_head_kv, head_dim, lanes;
    };
    /// Rows of one sequence that one lane works on: [begin, end) of order.
    struct Block {
        int32_t begin, end;
    };
    /// What one lane holds: one block of rows, the heads of some key heads. A line is a row's query head.
    struct Lane {
        float* queries;         ///< [lines, head_dim]
        float* scores;          ///< [lines, gqa_piece], of one key head
        float* out;             ///< [lines, head_dim]
        float* cached;          ///< [gqa_piece, head_dim], of a cache that does not hold floats
        OnlineSoftmax* softmax; ///< [lines]
    };
    ActivationRows input; ///< [n_rows, hidden]
    float* q;             ///< [n_rows, n_head * head_dim]
    float* k;             ///< [n_rows, n_head_kv * head_dim]
    float* v;             ///< [n_rows, n_head_kv * head_dim]
    ActivationRows heads; ///< [n_rows, n_head * head_dim]
    PanelMemory panels;   ///< of input or heads
    int32_t* order;       ///< [n_rows] rows by sequence, each sequence in order of position
    Block* blocks;        ///< [n_rows]
    Lane* lanes;          ///< [lanes]

    static GqaScratch take(Scratch& scratch, const Shape& shape);
};

/// The Highway version. Four barriers: q, k and v; their norm and RoPE; the heads; the output. Bits do not depend on
/// the number of threads; how a prompt is cut into steps changes rounding alone.
ConclaveStatus attention_gqa_cpu(CpuBackend& backend, const ConclaveGqaWeights& weights, const ConclaveBatch& batch,
                                 const ConclaveCacheView* caches, float* x, ConclaveMessage* message);

} // namespace conclave
