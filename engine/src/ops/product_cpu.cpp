#include "ops/product.hpp"

#include <algorithm>

#include "ops/rmsnorm.hpp"
#include "ops/shapes.hpp"
#include "ops/vector_math.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

constexpr int64_t tile_bytes = 32 * 1024;
constexpr int64_t max_tile = 512;
constexpr int64_t unit = 32; ///< weight rows that threads share out

bool uses_panels(const Product& product, int64_t n_rows)
{
    return n_rows >= min_panel_rows && codec_of(*product.matrix).unpack;
}

/// Weight rows [begin, end) against every activation.
void multiply_rows(const Product& product, const ProductInput& input, int64_t begin, int64_t end)
{
    const ConclaveMatrix& matrix = *product.matrix;
    const bool panels = uses_panels(product, input.n_rows);
    alignas(64) float sums[max_tile * panel_rows];
    for (int64_t i = 0; i < input.n_rows;) {
        // As many activations as the sums have room for.
        const int64_t n = panels ? std::min(max_tile / (end - begin) * panel_rows, input.n_rows - i) : 1;
        float* out = product.out + i * product.out_stride + begin;
        float* to = product.add ? sums : out;
        const int64_t stride = product.add ? end - begin : product.out_stride;
        if (panels)
            int8_gemm({codec_of(matrix), row_of(matrix, 0, begin), matrix.row_bytes, end - begin},
                      input.memory.panels(0, input.rows.n).from(i / panel_rows), n, to, stride);
        else
            dot_rows(matrix, 0, begin, end - begin, input.rows.activation(i), to);
        for (int64_t j = 0; product.add && j < n; ++j)
            add_scaled(1.0f, sums + j * stride, end - begin, out + j * product.out_stride);
        i += n;
    }
}

/// Weight rows that are computed together.
int64_t tile_of(const Product& product, int64_t n_rows)
{
    if (uses_panels(product, n_rows))
        return 2 * panel_rows;
    return tile_rows(product.matrix->row_bytes, n_rows, max_tile);
}

} // namespace

int64_t tile_rows(int64_t row_bytes, int64_t n_rows, int64_t most)
{
    if (n_rows == 1)
        return most; // each weight is read once: there is no cache to fit
    const int64_t rows = tile_bytes / n_rows / std::max<int64_t>(row_bytes, 1);
    return std::clamp<int64_t>(rows / 8 * 8, 16, most);
}

void multiply(ThreadPool& pool, const ProductInput& input, std::span<const Product> products)
{
    // Shared out by weight rows, so that a thread reads long runs of them; what one thread takes ends where it may.
    int64_t n_units = 0;
    int64_t work = 0; // bytes of weights read
    for (const Product& p : products) {
        n_units += (p.matrix->n_rows + unit - 1) / unit;
        work += p.matrix->n_rows * p.matrix->row_bytes * input.n_rows;
    }
    if (std::ranges::any_of(products, [&](const Product& p) { return uses_panels(p, input.n_rows); }))
        pool.for_ranges(panels_of(input.n_rows), 1, [&](int64_t begin, int64_t end, int) {
            for (int64_t p = begin; p < end; ++p)
                pack_rows(input.rows, input.n_rows, p, input.memory.panels(0, input.rows.n),
                          [](int64_t i) { return i; });
        });
    // Sharing out less than a tile's work costs more than it saves.
    const int64_t grain = work <= tile_bytes ? n_units : 1;
    pool.for_ranges(n_units, grain, [&](int64_t first, int64_t last, int) {
        int64_t before = 0; // units of earlier products
        for (const Product& p : products) {
            const int64_t n_rows = p.matrix->n_rows;
            const int64_t here = (n_rows + unit - 1) / unit;
            const int64_t end = std::min((std::min(last, before + here) - before) * unit, n_rows);
            const int64_t tile = tile_of(p, input.n_rows);
            for (int64_t begin = (std::max(first, before) - before) * unit; begin < end && !pool.interrupted();
                 begin += tile)
                multiply_rows(p, input, begin, std::min(begin + tile, end));
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
