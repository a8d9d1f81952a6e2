#pragma once

#include <cstdint>
#include <vector>

#include "ops/gemm.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// Bytes of the first n elements of a cached row; n is a multiple of the type's block size.
int64_t cached_bytes(const ConclaveCacheView& cache, int64_t n);

/// The cached row of one position, as the cache's type has it.
uint8_t* cached_row(const ConclaveCacheView& cache, int32_t position);

/// Elements [offset, offset + n) of the row of a position become `values`.
void store_cached(const ConclaveCacheView& cache, int32_t position, int64_t offset, int64_t n, const float* values);

/// By the plain decoder, for references: [n_positions, row_width].
std::vector<float> cached_floats_ref(const ConclaveCacheView& cache, int32_t n_positions);
/// The same for every sequence of a batch, as far as the batch sees it.
std::vector<std::vector<float>> cached_floats_ref(const ConclaveCacheView* caches, const ConclaveBatch& batch);

/// The next positions of a cache from `position` on, below n_positions, that are contiguous and within one piece of
/// `most` positions. Pieces begin at multiples of `most` and of the page, wherever the batch begins, so that a sum over
/// pieces does not depend on how a prompt is cut into steps.
struct CachePiece {
    const ConclaveCacheView& cache;
    int32_t first;
    int32_t n;
};
CachePiece cache_piece(const ConclaveCacheView& cache, int32_t position, int32_t n_positions, int32_t most);

/// Elements of consecutive cached rows, `stride` floats apart.
struct FloatRows {
    const float* rows;
    int64_t stride;
};
/// Elements [offset, offset + n) of a piece's rows: where they lie when they are floats, else in `memory` [piece.n, n].
FloatRows float_rows(const CachePiece& piece, int64_t offset, int64_t n, float* memory);

/// Readers up to which a narrow row is widened anew for each few of them rather than once into memory.
constexpr int64_t direct_readers = 8;
/// The same for products of so many readers: where they lie, asked for ahead of their turn, when that pays.
GemmRows gemm_rows(const CachePiece& piece, int64_t offset, int64_t n, int64_t n_readers, float* memory);

} // namespace conclave
