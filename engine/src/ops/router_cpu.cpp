#include "ops/router.hpp"

#include <algorithm>

#include "ops/shapes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/router_cpu.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// A product of two floats is exact in double, so the only rounding is that of the sum: 1e-16 apart from the reference
// whatever the order, and nearly always the same float.
double dot_double(const float* a, const float* b, int64_t n)
{
    const hn::ScalableTag<double> d;
    const hn::Rebind<float, decltype(d)> df;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    auto sum0 = hn::Zero(d);
    auto sum1 = hn::Zero(d);
    int64_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        const auto a0 = hn::PromoteTo(d, hn::LoadU(df, a + i));
        const auto b0 = hn::PromoteTo(d, hn::LoadU(df, b + i));
        const auto a1 = hn::PromoteTo(d, hn::LoadU(df, a + i + lanes));
        const auto b1 = hn::PromoteTo(d, hn::LoadU(df, b + i + lanes));
        sum0 = hn::MulAdd(a0, b0, sum0);
        sum1 = hn::MulAdd(a1, b1, sum1);
    }
    double sum = hn::ReduceSum(d, hn::Add(sum0, sum1));
    for (; i < n; ++i)
        sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(dot_double);

void router_logits(const ConclaveMatrix& router, const float* bias, const float* n, int64_t begin, int64_t end,
                   float* logits)
{
    constexpr int64_t tile = 512; // floats on the stack; a multiple of every block size
    alignas(64) float row[tile];
    const Codec& weights = codec_of(router);
    const DTypeInfo& type = *dtype_info(weights.dtype);
    for (int64_t e = begin; e < end; ++e) {
        const uint8_t* bytes = row_of(router, 0, e);
        double sum = bias ? bias[e] : 0.0;
        for (int64_t c = 0; c < router.n_cols; c += tile) {
            const int64_t length = std::min(tile, router.n_cols - c);
            weights.decode(bytes + c / type.block_size * type.block_bytes, length, row);
            sum += HWY_DYNAMIC_DISPATCH(dot_double)(row, n + c, length);
        }
        logits[e] = static_cast<float>(sum);
    }
}

} // namespace conclave
#endif
