#pragma once

#include <cstdint>

#include "tensor/dtype.hpp"

namespace conclave
{

/// out [n_rows, n] = the first n elements of rows `row_bytes` apart, of a type that encode() writes; bit for bit what
/// its codec decodes. n is a multiple of the block size.
void decode_rows(DType dtype, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out);

} // namespace conclave
