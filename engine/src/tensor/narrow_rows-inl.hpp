// Vectors of floats from rows of the types that a cache may have, compiled once per Highway target.

#if defined(CONCLAVE_NARROW_ROWS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef CONCLAVE_NARROW_ROWS_INL
#undef CONCLAVE_NARROW_ROWS_INL
#else
#define CONCLAVE_NARROW_ROWS_INL
#endif

#include <cstdint>
#include <hwy/highway.h>

#include "tensor/block_layout.hpp"
#include "tensor/half-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// No wider than the shortest heads and the blocks of Q8_0.
using RowFloats = hn::CappedTag<float, 16>;

// Each has `load`: the vector of elements from i on of the row at `row`, i a multiple of its lanes; and `bytes`: of the
// first i elements.
struct FloatRow {
    static HWY_INLINE hn::Vec<RowFloats> load(const uint8_t* row, int64_t i)
    {
        return hn::LoadU(RowFloats(), reinterpret_cast<const float*>(row) + i);
    }
    static int64_t bytes(int64_t i) { return 4 * i; }
};

struct HalfRow {
    static HWY_INLINE hn::Vec<RowFloats> load(const uint8_t* row, int64_t i)
    {
        return load_half_vector(RowFloats(), row + 2 * i);
    }
    static int64_t bytes(int64_t i) { return 2 * i; }
};

struct Bf16Row {
    static HWY_INLINE hn::Vec<RowFloats> load(const uint8_t* row, int64_t i)
    {
        const hn::Rebind<uint16_t, RowFloats> d16;
        const hn::RebindToUnsigned<RowFloats> d32;
        const auto words = hn::BitCast(d16, hn::LoadU(hn::Repartition<uint8_t, decltype(d16)>(), row + 2 * i));
        return hn::BitCast(RowFloats(), hn::ShiftLeft<16>(hn::PromoteTo(d32, words)));
    }
    static int64_t bytes(int64_t i) { return 2 * i; }
};

struct Q8Row {
    static HWY_INLINE hn::Vec<RowFloats> load(const uint8_t* row, int64_t i)
    {
        const hn::Rebind<int8_t, RowFloats> d8;
        const hn::RebindToSigned<RowFloats> d32;
        const uint8_t* block = row + bytes(i);
        const auto q = hn::LoadU(d8, reinterpret_cast<const int8_t*>(block + q8_0::qs + i % q8_0::n));
        return hn::Mul(hn::Set(RowFloats(), load_half_lane(block + q8_0::d)),
                       hn::ConvertTo(RowFloats(), hn::PromoteTo(d32, q)));
    }
    static int64_t bytes(int64_t i) { return i / q8_0::n * q8_0::n_bytes; }
};

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#endif
