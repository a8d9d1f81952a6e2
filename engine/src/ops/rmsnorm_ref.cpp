#include "ops/rmsnorm.hpp"

#include <cmath>

namespace conclave
{

void rmsnorm_ref(const float* x, const float* w, int64_t n, float eps, float* out)
{
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
        sum += static_cast<double>(x[i]) * x[i];
    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(eps));
    for (int64_t i = 0; i < n; ++i)
        out[i] = static_cast<float>(x[i] * scale * w[i]);
}

} // namespace conclave
