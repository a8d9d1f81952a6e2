#include <algorithm>
#include <hwy/base.h>
#include <limits>

#include "tensor/activation_limits.hpp"
#include "tensor/codec.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/quantize_activation_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

void quantize_blocks(const float* x, int64_t n, const QuantizedActivation& out)
{
    const hn::CappedTag<float, 16> d;
    const hn::RebindToSigned<decltype(d)> di;
    const hn::Rebind<int8_t, decltype(d)> d8;
    constexpr int lanes = static_cast<int>(hn::MaxLanes(d));
    for (int64_t b = 0; b < n / 32; ++b, x += 32) {
        int8_t* q = out.q + 32 * b;
        // Magnitudes compare as integers, which also orders infinity and NaN above all numbers.
        auto largest = hn::Zero(di);
        for (int i = 0; i < 32; i += lanes)
            largest = hn::Max(largest, hn::And(hn::BitCast(di, hn::LoadU(d, x + i)), hn::Set(di, 0x7FFFFFFF)));
        const float amax = hwy::BitCastScalar<float>(hn::ReduceMax(di, largest));
        const bool usable = amax >= smallest_activation && amax < std::numeric_limits<float>::infinity();
        if (!usable) {
            const float scale = amax < smallest_activation ? 0.0f : std::numeric_limits<float>::quiet_NaN();
            out.scale[b] = out.sum[b] = out.half_sum[2 * b] = out.half_sum[2 * b + 1] = scale;
            std::fill_n(q, 32, int8_t{0});
            continue;
        }
        const float scale = amax / 127.0f;
        const auto inverse = hn::Set(d, 1.0f / scale);
        int32_t sum[2];
        for (int half = 0; half < 2; ++half) {
            auto total = hn::Zero(di);
            for (int i = 16 * half; i < 16 * half + 16; i += lanes) {
                const auto rounded = hn::NearestInt(hn::Mul(hn::LoadU(d, x + i), inverse));
                total = hn::Add(total, rounded);
                hn::StoreU(hn::DemoteTo(d8, rounded), d8, q + i);
            }
            sum[half] = hn::ReduceSum(di, total);
            out.half_sum[2 * b + half] = scale * static_cast<float>(sum[half]);
        }
        out.scale[b] = scale;
        out.sum[b] = scale * static_cast<float>(sum[0] + sum[1]);
    }
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(quantize_blocks);

void quantize_activation(const float* x, int64_t n, const QuantizedActivation& out)
{
    HWY_DYNAMIC_DISPATCH(quantize_blocks)(x, n, out);
}

} // namespace conclave
#endif
