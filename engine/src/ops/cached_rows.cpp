#include "ops/cached_rows.hpp"

#include <algorithm>

#include "tensor/codec.hpp"
#include "tensor/decode_rows.hpp"
#include "tensor/encode.hpp"

namespace conclave
{

namespace
{

// A head's part of a row lies a whole row from the next, too far for the processor to see the pattern. Of 8, 16 and 32
// the middle was fastest with rows of 256 bytes.
constexpr int64_t rows_ahead = 16;

} // namespace

int64_t cached_bytes(const ConclaveCacheView& cache, int64_t n)
{
    const DTypeInfo& type = *dtype_info(cache.dtype);
    return n / type.block_size * type.block_bytes;
}

uint8_t* cached_row(const ConclaveCacheView& cache, int32_t position)
{
    return static_cast<uint8_t*>(cache.pages[position / cache.page_rows]) +
           position % cache.page_rows * cached_bytes(cache, cache.row_width);
}

void store_cached(const ConclaveCacheView& cache, int32_t position, int64_t offset, int64_t n, const float* values)
{
    encode(static_cast<DType>(cache.dtype), values, n, cached_row(cache, position) + cached_bytes(cache, offset));
}

std::vector<float> cached_floats_ref(const ConclaveCacheView& cache, int32_t n_positions)
{
    std::vector<float> out(static_cast<size_t>(n_positions) * static_cast<size_t>(cache.row_width));
    for (int32_t t = 0; t < n_positions; ++t)
        codec(static_cast<DType>(cache.dtype))
            .decode_ref(cached_row(cache, t), cache.row_width, out.data() + static_cast<int64_t>(t) * cache.row_width);
    return out;
}

std::vector<std::vector<float>> cached_floats_ref(const ConclaveCacheView* caches, const ConclaveBatch& batch)
{
    const auto n = static_cast<size_t>(*std::max_element(batch.sequence, batch.sequence + batch.n_rows)) + 1;
    std::vector<int32_t> seen(n);
    for (int32_t i = 0; i < batch.n_rows; ++i) {
        int32_t& end = seen[static_cast<size_t>(batch.sequence[i])];
        end = std::max(end, batch.position[i] + 1);
    }
    std::vector<std::vector<float>> out(n);
    for (size_t s = 0; s < n; ++s)
        if (seen[s] > 0)
            out[s] = cached_floats_ref(caches[s], seen[s]);
    return out;
}

CachePiece cache_piece(const ConclaveCacheView& cache, int32_t position, int32_t n_positions, int32_t most)
{
    const int32_t in_page = cache.page_rows - position % cache.page_rows;
    const int32_t in_piece = most - position % most;
    return {cache, position, std::min({in_page, in_piece, n_positions - position})};
}

FloatRows float_rows(const CachePiece& piece, int64_t offset, int64_t n, float* memory)
{
    const ConclaveCacheView& cache = piece.cache;
    const uint8_t* first = cached_row(cache, piece.first) + cached_bytes(cache, offset);
    if (static_cast<DType>(cache.dtype) == DType::F32)
        return {reinterpret_cast<const float*>(first), cache.row_width};
    decode_rows(static_cast<DType>(cache.dtype), first, cached_bytes(cache, cache.row_width), piece.n, n, memory);
    return {memory, n};
}

GemmRows gemm_rows(const CachePiece& piece, int64_t offset, int64_t n, int64_t n_readers, float* memory)
{
    const ConclaveCacheView& cache = piece.cache;
    const auto dtype = static_cast<DType>(cache.dtype);
    if (dtype != DType::F32 && (n_readers > direct_readers || n % gemm_vector != 0)) {
        const FloatRows floats = float_rows(piece, offset, n, memory);
        return GemmRows::floats(floats.rows, floats.stride);
    }
    const uint8_t* first = cached_row(cache, piece.first) + cached_bytes(cache, offset);
    return {dtype, first, cached_bytes(cache, cache.row_width), rows_ahead};
}

} // namespace conclave
