#include "ops/vector_math.hpp"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/vector_math_cpu.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep
#include "hwy/highway.h"
// After foreach_target, which includes this file once per target.
#include "hwy/contrib/math/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// Calls f(i, load, store) for every vector of n elements; the last may be partial. Elements of a partial vector beyond
// n are `fill` when loaded, and not stored.
template <class F>
HWY_INLINE void for_vectors(int64_t n, F&& f)
{
    const hn::ScalableTag<float> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        f(
            i, [&](const float* p, float) HWY_ATTR { return hn::LoadU(d, p); },
            [&](auto v, float* p) HWY_ATTR { hn::StoreU(v, d, p); });
    if (i < n) {
        const size_t rest = static_cast<size_t>(n - i);
        f(
            i, [&](const float* p, float fill) HWY_ATTR { return hn::LoadNOr(hn::Set(d, fill), d, p, rest); },
            [&](auto v, float* p) HWY_ATTR { hn::StoreN(v, d, p, rest); });
    }
}

void silu_multiply(const float* gate, const float* up, int64_t n, float* out)
{
    const hn::ScalableTag<float> d;
    for_vectors(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
        const auto g = load(gate + i, 0);
        // e^88 is the last power below the largest float; beyond it silu is 0 to any precision anyway.
        const auto e = hn::Exp(d, hn::Min(hn::Neg(g), hn::Set(d, 88.0f)));
        store(hn::Mul(hn::Div(g, hn::Add(hn::Set(d, 1.0f), e)), load(up + i, 0)), out + i);
    });
}

void clamped_multiply(const ClampedGate& shape, const float* gate, const float* up, int64_t n, float* out)
{
    const hn::ScalableTag<float> d;
    const auto limit = hn::Set(d, shape.limit), one = hn::Set(d, 1.0f);
    for_vectors(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
        const auto g = hn::Min(load(gate + i, 0), limit);
        const auto u = hn::Clamp(load(up + i, 0), hn::Neg(limit), limit);
        const auto e = hn::Exp(d, hn::Min(hn::Mul(g, hn::Set(d, -shape.alpha)), hn::Set(d, 88.0f)));
        store(hn::Mul(hn::Div(g, hn::Add(one, e)), hn::Add(u, one)), out + i);
    });
}

void add_scaled(float scale, const float* x, int64_t n, float* out)
{
    const hn::ScalableTag<float> d;
    const auto s = hn::Set(d, scale);
    for_vectors(n, [&](int64_t i, auto load, auto store)
                       HWY_ATTR { store(hn::MulAdd(s, load(x + i, 0), load(out + i, 0)), out + i); });
}

void scale_by(float factor, int64_t n, float* x)
{
    const hn::ScalableTag<float> d;
    const auto s = hn::Set(d, factor);
    for_vectors(n, [&](int64_t i, auto load, auto store) HWY_ATTR { store(hn::Mul(s, load(x + i, 0)), x + i); });
}

float softmax_piece(float scale, int64_t n, float* scores, OnlineSoftmax& state)
{
    const hn::ScalableTag<float> d;
    const auto s = hn::Set(d, scale);
    auto largests = hn::Set(d, state.largest);
    for_vectors(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
        // The scaled score is stored: with a fused multiply-subtract the largest would not come out as e^0.
        const auto v = hn::Mul(s, load(scores + i, scores[i]));
        largests = hn::Max(largests, v);
        store(v, scores + i);
    });
    const float largest = hn::ReduceMax(d, largests);
    const auto shift = hn::Set(d, largest);
    auto sums = hn::Zero(d);
    for_vectors(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
        const auto e = hn::Exp(d, hn::Sub(load(scores + i, -HUGE_VALF), shift));
        sums = hn::Add(sums, e);
        store(e, scores + i);
    });
    const float factor = state.sum == 0 ? 0.0f : std::exp(state.largest - largest);
    state.sum = state.sum * factor + hn::ReduceSum(d, sums);
    state.largest = largest;
    return factor;
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(silu_multiply);
HWY_EXPORT(clamped_multiply);
HWY_EXPORT(add_scaled);
HWY_EXPORT(scale_by);
HWY_EXPORT(softmax_piece);

void silu_multiply(const float* gate, const float* up, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(silu_multiply)(gate, up, n, out);
}

void clamped_multiply(const ClampedGate& shape, const float* gate, const float* up, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(clamped_multiply)(shape, gate, up, n, out);
}

void add_scaled(float scale, const float* x, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(add_scaled)(scale, x, n, out);
}

void scale_by(float factor, int64_t n, float* x)
{
    HWY_DYNAMIC_DISPATCH(scale_by)(factor, n, x);
}

float softmax_piece(float scale, int64_t n, float* scores, OnlineSoftmax& state)
{
    return HWY_DYNAMIC_DISPATCH(softmax_piece)(scale, n, scores, state);
}

} // namespace conclave
#endif
