#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/thread_pool.hpp"
#include "ops/activation_rows.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// out[i] (+)= W · input[i] for every row.
struct Product {
    const ConclaveMatrix* matrix;
    float* out; ///< [n_rows, out_stride]
    int64_t out_stride;
    bool add;
};

/// What several products read: rows that are quantised already when a weight type asks for it, and room to regroup
/// min_panel_rows of them and more.
struct ProductInput {
    const ActivationRows& rows;
    int64_t n_rows;
    const PanelMemory& memory; ///< panels_of(n_rows) panels of rows.n
};

/// Weight rows that one thread takes at a time when `n_rows` rows meet each by itself: about 32 KB, which stay in the
/// first cache meanwhile; at most `most`.
int64_t tile_rows(int64_t row_bytes, int64_t n_rows, int64_t most);

/// All products in one parallel loop (one barrier; one more before it to regroup many rows). Every element has the same
/// bits whatever the number of threads.
void multiply(ThreadPool& pool, const ProductInput& input, std::span<const Product> products);

/// Fills panel p of those that hold rows row_of(0), …, row_of(n − 1).
template <class RowOf>
void pack_rows(const ActivationRows& rows, int64_t n, int64_t p, const Int8Panels& panels, RowOf row_of)
{
    Activation picked[panel_rows];
    const int64_t begin = p * panel_rows;
    const int64_t count = std::min(panel_rows, n - begin);
    for (int64_t i = 0; i < count; ++i)
        picked[i] = rows.activation(row_of(begin + i));
    pack_panel(picked, count, panels.from(p));
}

/// Whether any of the matrices reads int8 activations. Absent ones do not.
bool takes_int8(std::span<const ConclaveMatrix* const> matrices);

/// Rows that are about to meet `matrix`, quantised if its type asks for it.
void quantize_rows(ThreadPool& pool, const ConclaveMatrix& matrix, int64_t n_rows, const ActivationRows& rows);

/// input[i] = RMSNorm of x[i] (rows x_stride apart), quantised too when asked.
void normalize_rows(ThreadPool& pool, const float* x, int64_t x_stride, const float* norm, float eps, int64_t n_rows,
                    bool quantize, const ActivationRows& input);

} // namespace conclave
