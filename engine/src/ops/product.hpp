#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.hpp"
#include "ops/activation_rows.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// out[i] (+)= W · input[i] for every row. The input is quantised already when the weight type asks for it.
struct Product {
    const ConclaveMatrix* matrix;
    const ActivationRows* input;
    float* out; ///< [n_rows, out_stride]
    int64_t out_stride;
    bool add;
};

/// Weight rows that one thread takes at a time: 64 KB for one row of the batch; else 32 KB, which stay in the first
/// cache while it meets every row of the batch and is a long enough run for the prefetcher; fewer when there are many
/// rows, so that threads finish together. At most `most`. The result of a product does not depend on it.
int64_t tile_rows(int64_t row_bytes, int64_t n_rows, int64_t most);

/// All products in one parallel loop (one barrier). Every element has the same bits whatever the number of threads or
/// rows.
void multiply(ThreadPool& pool, std::span<const Product> products, int64_t n_rows);

/// Whether any of the matrices reads int8 activations. Absent ones do not.
bool takes_int8(std::span<const ConclaveMatrix* const> matrices);

/// Rows that are about to meet `matrix`, quantised if its type asks for it.
void quantize_rows(ThreadPool& pool, const ConclaveMatrix& matrix, int64_t n_rows, const ActivationRows& rows);

/// input[i] = RMSNorm of x[i] (rows x_stride apart), quantised too when asked.
void normalize_rows(ThreadPool& pool, const float* x, int64_t x_stride, const float* norm, float eps, int64_t n_rows,
                    bool quantize, const ActivationRows& input);

} // namespace conclave
