#pragma once

#include <cstdint>

namespace conclave
{

/// Shapes of a small product of float matrices in row-major order; strides are in elements from row to row.
struct Gemm {
    int64_t m = 0, n = 0, k = 0;
    const float* a = nullptr; ///< [m, k]
    int64_t a_stride = 0;
    const float* b = nullptr; ///< nt: [n, k]; nn: [k, n]
    int64_t b_stride = 0;
    float* c = nullptr; ///< [m, n], aliases neither
    int64_t c_stride = 0;
};

/// c = a · bᵀ. Each element is summed in an order that depends on k alone.
void gemm_nt_ref(const Gemm& g);
void gemm_nt(const Gemm& g);

/// c = a · b, or c += a · b. Each element is summed in ascending k.
void gemm_nn_ref(const Gemm& g, bool accumulate);
void gemm_nn(const Gemm& g, bool accumulate);

} // namespace conclave
