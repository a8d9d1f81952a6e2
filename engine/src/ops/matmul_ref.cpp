#include "ops/matmul.hpp"

#include <vector>

#include "ops/weight_rows.hpp"

namespace conclave
{

void matmul_ref(const ConclaveMatrix& matrix, int64_t index, const float* x, int64_t x_stride, int64_t n_rows,
                float* out, int64_t out_stride)
{
    std::vector<float> row(static_cast<size_t>(matrix.n_cols));
    for (int64_t r = 0; r < matrix.n_rows; ++r) {
        decode_row_ref(matrix, index, r, row.data());
        for (int64_t i = 0; i < n_rows; ++i) {
            double sum = 0;
            for (int64_t c = 0; c < matrix.n_cols; ++c)
                sum += static_cast<double>(row[static_cast<size_t>(c)]) * x[i * x_stride + c];
            out[i * out_stride + r] = static_cast<float>(sum);
        }
    }
}

} // namespace conclave
