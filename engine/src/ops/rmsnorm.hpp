#pragma once

#include <cstdint>

namespace conclave
{

/// out[i] = x[i] · w[i] / sqrt(mean(x²) + eps), the sum and the product in double, rounded once: a router reads the
/// result, and backends that agree here agree on every expert. x [n]; w [n]; out [n], may be x. Source: Zhang &
/// Sennrich 2019, eq. 4; DeepSeek-V3 inference/model.py RMSNorm.
void rmsnorm_ref(const float* x, const float* w, int64_t n, float eps, float* out);
void rmsnorm(const float* x, const float* w, int64_t n, float eps, float* out);

} // namespace conclave
