#include "ops/product.hpp"

#include <algorithm>

#include "ops/rmsnorm.hpp"
#include "ops/shapes.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

namespace
{

constexpr int64_t tile_bytes = 32 * 1024;
constexpr int64_t max_tile = 256;

/// Weight rows [begin, end) against every activation.
void multiply_tile(const Product& product, int64_t begin, int64_t end, int64_t n_rows)
{
    const ConclaveMatrix& matrix = *product.matrix;
    const Codec& weights = codec_of(matrix);
    alignas(64) float sums[max_tile];
    for (int64_t i = 0; i < n_rows; ++i) {
        float* out = product.out + i * product.out_stride + begin;
        weights.dot_rows(row_of(matrix, 0, begin), matrix.row_bytes, end - begin, matrix.n_cols,
                         product.input->activation(i), product.add ? sums : out);
        if (product.add)
            add_scaled(1.0f, sums, end - begin, out);
    }
}

} // namespace

int64_t tile_rows(int64_t row_bytes, int64_t n_rows, int64_t most)
{
    // One row reads each weight once: no cache to fit, and longer runs mean fewer trips to the shared counter.
    const int64_t bytes = n_rows > 1 ? tile_bytes / n_rows : 2 * tile_bytes;
    const int64_t rows = bytes / std::max<int64_t>(row_bytes, 1);
    return std::min(std::max<int64_t>(rows / 8 * 8, n_rows > 1 ? 16 : 8), most);
}

void multiply(ThreadPool& pool, std::span<const Product> products, int64_t n_rows)
{
    int64_t n_tiles = 0;
    int64_t work = 0; // bytes of weights read
    for (const Product& p : products) {
        const int64_t tile = tile_rows(p.matrix->row_bytes, n_rows, max_tile);
        n_tiles += (p.matrix->n_rows + tile - 1) / tile;
        work += p.matrix->n_rows * p.matrix->row_bytes * n_rows;
    }
    // Sharing out less than a tile's work costs more than it saves.
    const int64_t grain = work <= tile_bytes ? n_tiles : 1;
    pool.for_ranges(n_tiles, grain, [&](int64_t first, int64_t last, int) {
        int64_t before = 0; // tiles of earlier products
        for (const Product& p : products) {
            const int64_t tile = tile_rows(p.matrix->row_bytes, n_rows, max_tile);
            const int64_t here = (p.matrix->n_rows + tile - 1) / tile;
            for (int64_t t = std::max(first, before); t < std::min(last, before + here); ++t) {
                const int64_t begin = (t - before) * tile;
                multiply_tile(p, begin, std::min(begin + tile, p.matrix->n_rows), n_rows);
            }
            before += here;
        }
    });
}

bool takes_int8(std::span<const ConclaveMatrix* const> matrices)
{
    return std::any_of(matrices.begin(), matrices.end(),
                       [](const ConclaveMatrix* m) { return present(*m) && codec_of(*m).takes_int8; });
}

void quantize_rows(ThreadPool& pool, const ConclaveMatrix& matrix, int64_t n_rows, const ActivationRows& rows)
{
    if (!codec_of(matrix).takes_int8)
        return;
    pool.for_ranges(n_rows, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i)
            rows.quantize(i, 0, rows.n);
    });
}

void normalize_rows(ThreadPool& pool, const float* x, int64_t x_stride, const float* norm, float eps, int64_t n_rows,
                    bool quantize, const ActivationRows& input)
{
    pool.for_ranges(n_rows, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i) {
            rmsnorm(x + i * x_stride, norm, input.n, eps, input.row(i));
            if (quantize)
                input.quantize(i, 0, input.n);
        }
    });
}

} // namespace conclave
