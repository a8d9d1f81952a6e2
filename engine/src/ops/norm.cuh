#pragma once

#include "ops/device_rows.cuh"

namespace conclave::cuda
{

/// out [n_rows, n] = RMSNorm of rows that lie x_stride floats apart, w [n]; with int8 blocks when `int8` (n a multiple
/// of 32). x and out must not overlap. Source: Zhang & Sennrich 2019, eq. 4.
struct NormRows {
    const float* x;
    int64_t x_stride;
    const float* w;
    float eps;
    int64_t n_rows;
    DeviceRows out;
    bool int8;
};
void norm_rows(const NormRows& job, cudaStream_t stream);

/// The int8 blocks of n_rows rows whose floats are there; n a multiple of 32.
void quantize_rows(const DeviceRows& rows, int64_t n_rows, cudaStream_t stream);

} // namespace conclave::cuda
