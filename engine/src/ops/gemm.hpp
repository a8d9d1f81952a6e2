#pragma once

#include <cstdint>

#include "tensor/dtype.hpp"

namespace conclave
{

/// Rows of a matrix where they lie: floats, or a cache's F16, BF16 or Q8_0.
struct GemmRows {
    DType dtype = DType::F32;
    const uint8_t* first = nullptr;
    int64_t row_bytes = 0; ///< from row to row
    int64_t ahead = 0; ///< the row that is asked for this many rows before its turn; 0: the processor sees them coming

    /// Rows `stride` floats apart.
    static GemmRows floats(const float* rows, int64_t stride)
    {
        return {DType::F32, reinterpret_cast<const uint8_t*>(rows), stride * static_cast<int64_t>(sizeof(float))};
    }
};

/// Shapes of a small product in row-major order; strides are in elements from row to row.
struct Gemm {
    int64_t m = 0, n = 0, k = 0;
    const float* a = nullptr; ///< [m, k]
    int64_t a_stride = 0;
    GemmRows b;         ///< nt: [n, k]; nn: [k, n]; where it is not F32, rows are whole gemm_vectors
    float* c = nullptr; ///< [m, n], aliases neither
    int64_t c_stride = 0;
};

/// Elements that a row of b consists of, unless it is of floats; for Q8_0 its blocks.
constexpr int64_t gemm_vector = 16;

/// c = a · bᵀ. Each element is summed in an order that depends on k alone.
void gemm_nt_ref(const Gemm& g);
void gemm_nt(const Gemm& g);

/// c = a · b, or c += a · b. Each element is summed in ascending k.
void gemm_nn_ref(const Gemm& g, bool accumulate);
void gemm_nn(const Gemm& g, bool accumulate);

} // namespace conclave
