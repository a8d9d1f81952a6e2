#include "ops/gemm.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/gemm_cpu.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// Four rows by two columns (or vectors): eight sums in flight hide the latency of a fused multiply-add, and with their
// operands still fit the 16 registers of AVX2.
constexpr int64_t block_m = 4;
constexpr int64_t block_n = 2;

template <int64_t M, int64_t N>
void nt_block(const Gemm& g, int64_t i, int64_t j)
{
    const hn::ScalableTag<float> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    const float* a = g.a + i * g.a_stride;
    const float* b = g.b + j * g.b_stride;
    // Vectors are sizeless on some targets, so the sums are named, not an array.
    auto s00 = hn::Zero(d), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
    const auto step = [&](auto load, int64_t k) HWY_ATTR {
        const auto b0 = load(b + k);
        const auto b1 = N > 1 ? load(b + g.b_stride + k) : b0;
        const auto a0 = load(a + k);
        s00 = hn::MulAdd(a0, b0, s00);
        if constexpr (N > 1)
            s01 = hn::MulAdd(a0, b1, s01);
        if constexpr (M > 1) {
            const auto a1 = load(a + g.a_stride + k);
            const auto a2 = load(a + 2 * g.a_stride + k);
            const auto a3 = load(a + 3 * g.a_stride + k);
            s10 = hn::MulAdd(a1, b0, s10);
            s20 = hn::MulAdd(a2, b0, s20);
            s30 = hn::MulAdd(a3, b0, s30);
            if constexpr (N > 1) {
                s11 = hn::MulAdd(a1, b1, s11);
                s21 = hn::MulAdd(a2, b1, s21);
                s31 = hn::MulAdd(a3, b1, s31);
            }
        }
    };
    int64_t k = 0;
    for (; k + lanes <= g.k; k += lanes)
        step([&](const float* p) HWY_ATTR { return hn::LoadU(d, p); }, k);
    if (k < g.k)
        step([&](const float* p) HWY_ATTR { return hn::LoadN(d, p, static_cast<size_t>(g.k - k)); }, k);

    float* c = g.c + i * g.c_stride + j;
    c[0] = hn::ReduceSum(d, s00);
    if constexpr (N > 1)
        c[1] = hn::ReduceSum(d, s01);
    if constexpr (M > 1) {
        c[g.c_stride] = hn::ReduceSum(d, s10);
        c[2 * g.c_stride] = hn::ReduceSum(d, s20);
        c[3 * g.c_stride] = hn::ReduceSum(d, s30);
        if constexpr (N > 1) {
            c[g.c_stride + 1] = hn::ReduceSum(d, s11);
            c[2 * g.c_stride + 1] = hn::ReduceSum(d, s21);
            c[3 * g.c_stride + 1] = hn::ReduceSum(d, s31);
        }
    }
}

void gemm_nt(const Gemm& g)
{
    int64_t i = 0;
    for (; i + block_m <= g.m; i += block_m) {
        int64_t j = 0;
        for (; j + block_n <= g.n; j += block_n)
            nt_block<block_m, block_n>(g, i, j);
        for (; j < g.n; ++j)
            nt_block<block_m, 1>(g, i, j);
    }
    for (; i < g.m; ++i) {
        int64_t j = 0;
        for (; j + block_n <= g.n; j += block_n)
            nt_block<1, block_n>(g, i, j);
        for (; j < g.n; ++j)
            nt_block<1, 1>(g, i, j);
    }
}

// M rows by two vectors of columns, of which `width` elements exist.
template <int64_t M, bool whole>
void nn_block(const Gemm& g, bool accumulate, int64_t i, int64_t j)
{
    const hn::ScalableTag<float> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    const size_t width0 = static_cast<size_t>(HWY_MIN(lanes, g.n - j));
    const size_t width1 = static_cast<size_t>(HWY_MAX(int64_t{0}, HWY_MIN(lanes, g.n - j - lanes)));
    const auto load = [&](const float* p, size_t width)
                          HWY_ATTR { return whole ? hn::LoadU(d, p) : hn::LoadN(d, p, width); };
    const auto start = [&](int64_t row, int64_t v, size_t width) HWY_ATTR {
        return accumulate ? load(g.c + (i + row) * g.c_stride + j + v * lanes, width) : hn::Zero(d);
    };
    const auto finish = [&](auto value, int64_t row, int64_t v, size_t width) HWY_ATTR {
        float* p = g.c + (i + row) * g.c_stride + j + v * lanes;
        if constexpr (whole)
            hn::StoreU(value, d, p);
        else
            hn::StoreN(value, d, p, width);
    };
    auto s00 = start(0, 0, width0), s01 = start(0, 1, width1);
    auto s10 = s00, s11 = s01, s20 = s00, s21 = s01, s30 = s00, s31 = s01;
    if constexpr (M > 1) {
        s10 = start(1, 0, width0), s11 = start(1, 1, width1);
        s20 = start(2, 0, width0), s21 = start(2, 1, width1);
        s30 = start(3, 0, width0), s31 = start(3, 1, width1);
    }
    const float* a = g.a + i * g.a_stride;
    for (int64_t k = 0; k < g.k; ++k) {
        const auto b0 = load(g.b + k * g.b_stride + j, width0);
        const auto b1 = load(g.b + k * g.b_stride + j + lanes, width1);
        const auto a0 = hn::Set(d, a[k]);
        s00 = hn::MulAdd(a0, b0, s00);
        s01 = hn::MulAdd(a0, b1, s01);
        if constexpr (M > 1) {
            const auto a1 = hn::Set(d, a[g.a_stride + k]);
            const auto a2 = hn::Set(d, a[2 * g.a_stride + k]);
            const auto a3 = hn::Set(d, a[3 * g.a_stride + k]);
            s10 = hn::MulAdd(a1, b0, s10);
            s11 = hn::MulAdd(a1, b1, s11);
            s20 = hn::MulAdd(a2, b0, s20);
            s21 = hn::MulAdd(a2, b1, s21);
            s30 = hn::MulAdd(a3, b0, s30);
            s31 = hn::MulAdd(a3, b1, s31);
        }
    }
    finish(s00, 0, 0, width0), finish(s01, 0, 1, width1);
    if constexpr (M > 1) {
        finish(s10, 1, 0, width0), finish(s11, 1, 1, width1);
        finish(s20, 2, 0, width0), finish(s21, 2, 1, width1);
        finish(s30, 3, 0, width0), finish(s31, 3, 1, width1);
    }
}

template <int64_t M>
void nn_rows(const Gemm& g, bool accumulate, int64_t i)
{
    const int64_t columns = 2 * static_cast<int64_t>(hn::Lanes(hn::ScalableTag<float>()));
    int64_t j = 0;
    for (; j + columns <= g.n; j += columns)
        nn_block<M, true>(g, accumulate, i, j);
    if (j < g.n)
        nn_block<M, false>(g, accumulate, i, j);
}

void gemm_nn(const Gemm& g, bool accumulate)
{
    int64_t i = 0;
    for (; i + block_m <= g.m; i += block_m)
        nn_rows<block_m>(g, accumulate, i);
    for (; i < g.m; ++i)
        nn_rows<1>(g, accumulate, i);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(gemm_nt);
HWY_EXPORT(gemm_nn);

void gemm_nt(const Gemm& g)
{
    HWY_DYNAMIC_DISPATCH(gemm_nt)(g);
}

void gemm_nn(const Gemm& g, bool accumulate)
{
    HWY_DYNAMIC_DISPATCH(gemm_nn)(g, accumulate);
}

} // namespace conclave
#endif
