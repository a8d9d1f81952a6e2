#pragma once

#include <initializer_list>

#include "ops/codec.cuh"

namespace conclave::cuda
{

/// out[i, r] = W[i % n_matrices][r] · in[i], plus bias[r]; or added to what out holds. Rows i with matrices in turn are
/// the heads of attention.
struct Product {
    ConclaveMatrix w;
    DeviceRows in; ///< with int8 blocks when w's type takes them
    float* out;
    int64_t out_stride;
    const float* bias = nullptr; ///< [w.n_rows]
    bool add = false;
};

/// Up to three products of n_rows rows in one launch; one with absent weights is left out.
void multiply(std::initializer_list<Product> products, int64_t n_rows, cudaStream_t stream);

} // namespace conclave::cuda
