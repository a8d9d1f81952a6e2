#include "ops/rmsnorm.hpp"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/rmsnorm_cpu.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

void rmsnorm(const float* x, const float* w, int64_t n, float eps, float* out)
{
    const hn::ScalableTag<double> d;
    const hn::Rebind<float, decltype(d)> df;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    auto sum0 = hn::Zero(d);
    auto sum1 = hn::Zero(d);
    int64_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        const auto a = hn::PromoteTo(d, hn::LoadU(df, x + i));
        const auto b = hn::PromoteTo(d, hn::LoadU(df, x + i + lanes));
        sum0 = hn::MulAdd(a, a, sum0);
        sum1 = hn::MulAdd(b, b, sum1);
    }
    double sum = hn::ReduceSum(d, hn::Add(sum0, sum1));
    for (; i < n; ++i)
        sum += static_cast<double>(x[i]) * x[i];

    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(eps));
    const auto scales = hn::Set(d, scale);
    for (i = 0; i + lanes <= n; i += lanes) {
        const auto scaled = hn::Mul(hn::PromoteTo(d, hn::LoadU(df, x + i)), scales);
        hn::StoreU(hn::DemoteTo(df, hn::Mul(scaled, hn::PromoteTo(d, hn::LoadU(df, w + i)))), df, out + i);
    }
    for (; i < n; ++i)
        out[i] = static_cast<float>(x[i] * scale * w[i]);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(rmsnorm);

void rmsnorm(const float* x, const float* w, int64_t n, float eps, float* out)
{
    HWY_DYNAMIC_DISPATCH(rmsnorm)(x, w, n, eps, out);
}

} // namespace conclave
#endif
