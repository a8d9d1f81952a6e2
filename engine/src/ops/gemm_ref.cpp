#include "ops/gemm.hpp"

namespace conclave
{

void gemm_nt_ref(const Gemm& g)
{
    for (int64_t i = 0; i < g.m; ++i)
        for (int64_t j = 0; j < g.n; ++j) {
            double sum = 0;
            for (int64_t k = 0; k < g.k; ++k)
                sum += static_cast<double>(g.a[i * g.a_stride + k]) * g.b[j * g.b_stride + k];
            g.c[i * g.c_stride + j] = static_cast<float>(sum);
        }
}

void gemm_nn_ref(const Gemm& g, bool accumulate)
{
    for (int64_t i = 0; i < g.m; ++i)
        for (int64_t j = 0; j < g.n; ++j) {
            double sum = accumulate ? g.c[i * g.c_stride + j] : 0.0f;
            for (int64_t k = 0; k < g.k; ++k)
                sum += static_cast<double>(g.a[i * g.a_stride + k]) * g.b[k * g.b_stride + j];
            g.c[i * g.c_stride + j] = static_cast<float>(sum);
        }
}

} // namespace conclave
