// Halves to floats, compiled once per Highway target.

#if defined(CONCLAVE_HALF_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef CONCLAVE_HALF_INL
#undef CONCLAVE_HALF_INL
#else
#define CONCLAVE_HALF_INL
#endif

#include <cstdint>
#include <hwy/highway.h>

#include "base/load_le.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> halves_to_floats(D d, hn::Vec<hn::Rebind<hwy::float16_t, D>> halves)
{
    const auto value = hn::PromoteTo(d, halves);
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX2
    // Without F16C Highway 1.2 converts by hand and takes the exponent of infinity and NaN for one more power of two:
    // 2^16 and above, which no half can hold. All exponent bits set make them what they were.
    const hn::RebindToUnsigned<D> du;
    const auto bits = hn::BitCast(du, value);
    const auto special = hn::Ge(hn::And(bits, hn::Set(du, 0x7FFFFFFFu)), hn::Set(du, 0x47800000u));
    return hn::BitCast(d, hn::Or(bits, hn::IfThenElseZero(special, hn::Set(du, 0x7F800000u))));
#else
    return value;
#endif
}

/// The halves at `p`, at any alignment, as floats.
template <class D>
HWY_INLINE hn::Vec<D> load_half_vector(D d, const uint8_t* p)
{
    const hn::Rebind<hwy::float16_t, D> dh;
    return halves_to_floats(d, hn::BitCast(dh, hn::LoadU(hn::Repartition<uint8_t, decltype(dh)>(), p)));
}

/// The one half at `p`.
HWY_INLINE float load_half_lane(const uint8_t* p)
{
    const hn::CappedTag<float, 1> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> dh;
    const auto bits = hn::Set(hn::Rebind<uint16_t, decltype(d)>(), load_le<uint16_t>(p));
    return hn::GetLane(halves_to_floats(d, hn::BitCast(dh, bits)));
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#endif
