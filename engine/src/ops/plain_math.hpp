#pragma once

#include <cstdint>
#include <vector>

namespace conclave
{

/// Σ a[i] · b[i] in double.
double dot_ref(const float* a, const float* b, int64_t n);

/// scores become their softmax, in double. scores [≥ 1].
void softmax_ref(std::vector<double>& scores);

/// RMSNorm (w [width]) of each of n_rows rows that lie `stride` apart; the result [n_rows, width] is dense.
std::vector<float> norm_rows_ref(const float* x, int64_t stride, const float* w, int64_t width, int64_t n_rows,
                                 float eps);

} // namespace conclave
