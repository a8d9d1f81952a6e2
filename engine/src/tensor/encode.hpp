#pragma once

#include <cstdint>

#include "tensor/dtype.hpp"

namespace conclave
{

/// Whether encode takes this type: F32, F16, BF16, Q8_0.
bool can_encode(DType dtype);

/// out = x [n] as `dtype`, n a multiple of its block size; to the nearest, ties to even. Magnitudes beyond the largest
/// half become that, so that no number turns to infinity there. Q8_0: d = amax / 127 as a half, ties away from zero, as
/// ggml has it (quantize_row_q8_0_ref); a block below the smallest half is zero.
void encode(DType dtype, const float* x, int64_t n, uint8_t* out);

} // namespace conclave
