#include "tensor/f8_e4m3.hpp"

#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/f8_e4m3_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/floats-inl.hpp"
#include "tensor/half-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LoadF8E4M3 {
    static constexpr int n_bytes = 1;
    /// As a half whose exponent is 8 too small, which the processor widens, subnormals too.
    template <class D>
    static HWY_INLINE hn::Vec<D> load(D d, const uint8_t* p)
    {
        const hn::Rebind<uint16_t, D> d16;
        const auto bytes = hn::PromoteTo(d16, hn::LoadU(hn::Rebind<uint8_t, D>(), p));
        const auto magnitude = hn::And(bytes, hn::Set(d16, uint16_t{0x7F}));
        const auto sign = hn::ShiftLeft<8>(hn::And(bytes, hn::Set(d16, uint16_t{0x80})));
        const auto is_nan = hn::Eq(magnitude, hn::Set(d16, uint16_t{0x7F}));
        const auto half = hn::IfThenElse(is_nan, hn::Set(d16, uint16_t{0x7E00}), hn::ShiftLeft<7>(magnitude));
        const hn::Rebind<hwy::float16_t, D> dh;
        return hn::Mul(halves_to_floats(d, hn::BitCast(dh, hn::Or(half, sign))), hn::Set(d, 256.0f));
    }
};

void decode_f8_e4m3(const uint8_t* in, int64_t n, float* out)
{
    decode_floats<LoadF8E4M3>(in, n, out);
}

void dot_rows_f8_e4m3(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                      float* out)
{
    dot_float_rows<LoadF8E4M3>(rows, row_bytes, n_rows, n, a, out);
}

/// Lane sums of the products of one block.
template <class D>
HWY_INLINE hn::Vec<D> block_sums(D d, const uint8_t* row, int64_t n, const float* x)
{
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    auto sum0 = hn::Zero(d), sum1 = hn::Zero(d);
    int64_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        sum0 = hn::MulAdd(LoadF8E4M3::load(d, row + i), hn::LoadU(d, x + i), sum0);
        sum1 = hn::MulAdd(LoadF8E4M3::load(d, row + i + lanes), hn::LoadU(d, x + i + lanes), sum1);
    }
    for (; i < n; i += lanes) {
        const int64_t left = HWY_MIN(lanes, n - i);
        sum0 =
            hn::MulAdd(load_rest<LoadF8E4M3>(d, row + i, left), hn::LoadN(d, x + i, static_cast<size_t>(left)), sum0);
    }
    return hn::Add(sum0, sum1);
}

void dot_scaled_rows_f8_e4m3(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const float* scales,
                             const float* x, float* out)
{
    const hn::ScalableTag<float> d;
    for (int64_t r = 0; r < n_rows; ++r) {
        const uint8_t* row = rows + r * row_bytes;
        auto total = hn::Zero(d);
        for (int64_t at = 0; at < n; at += f8_scale_block)
            total = hn::MulAdd(hn::Set(d, scales[at / f8_scale_block]),
                               block_sums(d, row + at, HWY_MIN(f8_scale_block, n - at), x + at), total);
        out[r] = hn::ReduceSum(d, total);
    }
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_f8_e4m3);
HWY_EXPORT(dot_rows_f8_e4m3);
HWY_EXPORT(dot_scaled_rows_f8_e4m3);

void decode_f8_e4m3_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_f8_e4m3)(in, n, out);
}

void dot_rows_f8_e4m3_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                          float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_f8_e4m3)(rows, row_bytes, n_rows, n, a, out);
}

void dot_scaled_rows_f8_e4m3(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const float* scales,
                             const float* x, float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_scaled_rows_f8_e4m3)(rows, row_bytes, n_rows, n, scales, x, out);
}

} // namespace conclave
#endif
