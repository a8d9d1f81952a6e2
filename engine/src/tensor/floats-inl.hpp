// The loops that F32, F16 and BF16 share, compiled once per Highway target. A type describes itself by n_bytes of an
// element and load(d, p), which reads a vector of floats from unaligned bytes.

#if defined(CONCLAVE_FLOATS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef CONCLAVE_FLOATS_INL
#undef CONCLAVE_FLOATS_INL
#else
#define CONCLAVE_FLOATS_INL
#endif

#include <cstdint>
#include <cstring>
#include <hwy/highway.h>

#include "tensor/codec.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

/// The last elements of a row, behind which nothing may be read, followed by zeros.
template <class Type, class D>
HWY_INLINE hn::Vec<D> load_rest(D d, const uint8_t* p, int64_t n)
{
    alignas(64) uint8_t bytes[HWY_MAX_BYTES] = {};
    std::memcpy(bytes, p, static_cast<size_t>(n * Type::n_bytes));
    return Type::load(d, bytes);
}

template <class Type>
void decode_floats(const uint8_t* in, int64_t n, float* out)
{
    const hn::ScalableTag<float> d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        hn::StoreU(Type::load(d, in + i * Type::n_bytes), d, out + i);
    if (i < n)
        hn::StoreN(load_rest<Type>(d, in + i * Type::n_bytes, n - i), d, out + i, static_cast<size_t>(n - i));
}

template <class Type>
HWY_INLINE float dot_float_row(const uint8_t* row, int64_t n, const float* x)
{
    const hn::ScalableTag<float> d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    // Four sums hide the latency of a multiply-add; their order is fixed, so a row's value depends on n alone.
    auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
    int64_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
        const uint8_t* p = row + i * Type::n_bytes;
        sum0 = hn::MulAdd(Type::load(d, p), hn::LoadU(d, x + i), sum0);
        sum1 = hn::MulAdd(Type::load(d, p + lanes * Type::n_bytes), hn::LoadU(d, x + i + lanes), sum1);
        sum2 = hn::MulAdd(Type::load(d, p + 2 * lanes * Type::n_bytes), hn::LoadU(d, x + i + 2 * lanes), sum2);
        sum3 = hn::MulAdd(Type::load(d, p + 3 * lanes * Type::n_bytes), hn::LoadU(d, x + i + 3 * lanes), sum3);
    }
    for (; i + lanes <= n; i += lanes)
        sum0 = hn::MulAdd(Type::load(d, row + i * Type::n_bytes), hn::LoadU(d, x + i), sum0);
    if (i < n)
        sum1 = hn::MulAdd(load_rest<Type>(d, row + i * Type::n_bytes, n - i),
                          hn::LoadN(d, x + i, static_cast<size_t>(n - i)), sum1);
    return hn::ReduceSum(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)));
}

template <class Type>
void dot_float_rows(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r)
        out[r] = dot_float_row<Type>(rows + r * row_bytes, n, a.x);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#endif
