#include "ops/gemm.hpp"

#include <vector>

#include "tensor/codec.hpp"

namespace conclave
{

namespace
{

/// [n_rows, n]
std::vector<float> floats_of(const GemmRows& b, int64_t n_rows, int64_t n)
{
    std::vector<float> out(static_cast<size_t>(n_rows * n));
    for (int64_t r = 0; r < n_rows; ++r)
        codec(b.dtype).decode_ref(b.first + r * b.row_bytes, n, out.data() + r * n);
    return out;
}

} // namespace

void gemm_nt_ref(const Gemm& g)
{
    const std::vector<float> b = floats_of(g.b, g.n, g.k);
    for (int64_t i = 0; i < g.m; ++i)
        for (int64_t j = 0; j < g.n; ++j) {
            double sum = 0;
            for (int64_t k = 0; k < g.k; ++k)
                sum += static_cast<double>(g.a[i * g.a_stride + k]) * b[static_cast<size_t>(j * g.k + k)];
            g.c[i * g.c_stride + j] = static_cast<float>(sum);
        }
}

void gemm_nn_ref(const Gemm& g, bool accumulate)
{
    const std::vector<float> b = floats_of(g.b, g.k, g.n);
    for (int64_t i = 0; i < g.m; ++i)
        for (int64_t j = 0; j < g.n; ++j) {
            double sum = accumulate ? g.c[i * g.c_stride + j] : 0.0f;
            for (int64_t k = 0; k < g.k; ++k)
                sum += static_cast<double>(g.a[i * g.a_stride + k]) * b[static_cast<size_t>(k * g.n + j)];
            g.c[i * g.c_stride + j] = static_cast<float>(sum);
        }
}

} // namespace conclave
