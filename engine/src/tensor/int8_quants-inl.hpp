// Blocks of quantised weights taken apart, compiled once per Highway target.

#if defined(CONCLAVE_INT8_QUANTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef CONCLAVE_INT8_QUANTS_INL
#undef CONCLAVE_INT8_QUANTS_INL
#else
#define CONCLAVE_INT8_QUANTS_INL
#endif

#include <cstdint>
#include <cstring>
#include <hwy/highway.h>

#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half-inl.hpp"
#include "tensor/nibble_values.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// Vectors of 256 bits at most: a block of 32 fills one exactly.
using TagF = hn::CappedTag<float, 8>;
using TagU8 = hn::Repartition<uint8_t, TagF>;
using TagI32 = hn::Repartition<int32_t, TagF>;
using VecF = hn::Vec<TagF>;
using VecU8 = hn::Vec<TagU8>;

constexpr int float_lanes = static_cast<int>(hn::MaxLanes(TagF()));
constexpr int byte_lanes = 4 * float_lanes;
constexpr int parts = 32 / byte_lanes; // vectors in a block of 32
constexpr int blocks_of_super = 8;

/// 32 quants in as many vectors as that takes.
struct Quants {
    VecU8 part[parts];
};

HWY_INLINE Quants load_quants(const uint8_t* p)
{
    Quants quants;
    for (int i = 0; i < parts; ++i)
        quants.part[i] = hn::LoadU(TagU8(), p + i * byte_lanes);
    return quants;
}

/// The 4-bit quants of a block of 32 whose 16 bytes hold element j low and j + 16 high.
HWY_INLINE Quants load_nibbles(const uint8_t* p)
{
    const TagU8 d;
    const auto low_bits = hn::Set(d, uint8_t{0xF});
    const auto bytes = hn::LoadDup128(d, p);
    Quants quants;
    if constexpr (parts == 1) {
        // The upper half shifted by four, and what comes over from the next byte masked.
        const TagI32 d32;
        const auto shift = hn::IfThenZeroElse(hn::FirstN(d32, 4), hn::Set(d32, 4));
        quants.part[0] = hn::And(hn::BitCast(d, hn::Shr(hn::BitCast(d32, bytes), shift)), low_bits);
    } else {
        quants.part[0] = hn::And(bytes, low_bits);
        quants.part[1] = hn::ShiftRight<4>(bytes);
    }
    return quants;
}

/// The low or high nibbles of 32 bytes.
template <bool High>
HWY_INLINE Quants load_nibble_run(const uint8_t* p)
{
    Quants quants = load_quants(p);
    for (auto& part : quants.part)
        part = High ? hn::ShiftRight<4>(part) : hn::And(part, hn::Set(TagU8(), uint8_t{0xF}));
    return quants;
}

/// Adds 16 to the quants whose bit is set in the 32 bits at `bits`; eight bytes there must be readable from each part
/// on.
HWY_INLINE Quants add_fifth_bits(Quants quants, const uint8_t* bits)
{
    const TagU8 d;
    for (int i = 0; i < parts; ++i) {
        const auto mask = hn::LoadMaskBits(d, bits + i * byte_lanes / 8);
        quants.part[i] = hn::MaskedAddOr(quants.part[i], mask, quants.part[i], hn::Set(d, uint8_t{16}));
    }
    return quants;
}

/// Shifts bytes left by From − To bits (right when negative); bits that cross a byte must be masked already.
template <int From, int To>
HWY_INLINE VecU8 move_bits(VecU8 v)
{
    if constexpr (From < To)
        return hn::ShiftLeft<To - From>(v);
    else if constexpr (From > To)
        return hn::ShiftRight<From - To>(v);
    else
        return v;
}

/// Bit pair `Run` of each of 32 bytes.
template <int Run>
HWY_INLINE Quants load_bit_pairs(const uint8_t* p)
{
    Quants quants = load_quants(p);
    for (auto& part : quants.part)
        part = move_bits<2 * Run, 0>(hn::And(part, hn::Set(TagU8(), static_cast<uint8_t>(3u << (2 * Run)))));
    return quants;
}

/// table [16] at each of the codes.
HWY_INLINE Quants look_up(const uint8_t* table, Quants codes)
{
    const auto values = hn::LoadDup128(TagU8(), table);
    for (auto& part : codes.part)
        part = hn::TableLookupBytes(values, part);
    return codes;
}

/// out [16] = scale · bytes, taken as int8.
template <class D = TagF> // a template, so that only the branch that fits is compiled
HWY_INLINE void scale_sixteen(hn::Vec<hn::Full128<uint8_t>> bytes, float scale, float* out)
{
    const D df;
    const hn::Full64<int8_t> half;
    const auto store = [&](auto narrow, float* to) HWY_ATTR {
        hn::Store(hn::Mul(hn::Set(df, scale), hn::ConvertTo(df, hn::PromoteTo(hn::RebindToSigned<D>(), narrow))), df,
                  to);
    };
    const auto sixteen = hn::BitCast(hn::Full128<int8_t>(), bytes);
    const auto first = hn::LowerHalf(half, sixteen), last = hn::UpperHalf(half, sixteen);
    if constexpr (hn::MaxLanes(df) == 8) {
        store(first, out);
        store(last, out + 8);
    } else {
        const hn::Rebind<int8_t, D> few;
        store(hn::LowerHalf(few, first), out);
        store(hn::UpperHalf(few, first), out + 4);
        store(hn::LowerHalf(few, last), out + 8);
        store(hn::UpperHalf(few, last), out + 12);
    }
}

/// The six bits of the scales of an IQ4_XS block, one byte each: four in a run of nibbles, two in a run of pairs.
HWY_INLINE uint64_t iq4_xs_scales(const uint8_t* p)
{
    uint64_t low = load_le<uint32_t>(p + iq4_xs::scales_l);
    low = (low | low << 16) & 0x0000FFFF0000FFFFu;
    low = (low | low << 8) & 0x00FF00FF00FF00FFu;
    low = (low | low << 4) & 0x0F0F0F0F0F0F0F0Fu;
    uint64_t high = load_le<uint16_t>(p + iq4_xs::scales_h);
    high = (high | high << 24) & 0x000000FF000000FFu;
    high = (high | high << 12) & 0x000F000F000F000Fu;
    high = (high | high << 6) & 0x0303030303030303u;
    return low | high << 4;
}

/// d [n_blocks ≤ 8] = the halves at distance `stride`, as floats; the rest of d is zero.
template <class D = TagF> // a template, so that only the branch that fits is compiled
HWY_INLINE void load_halves(const uint8_t* p, int stride, int n_blocks, float* d)
{
    // Put together in registers: a vector load would have to wait for eight narrow stores.
    uint64_t words[2] = {};
    for (int b = 0; b < n_blocks; ++b)
        words[b / 4] |= uint64_t{load_le<uint16_t>(p + b * stride)} << (16 * (b % 4));
    const D df;
    const hn::Rebind<hwy::float16_t, D> dh;
    const auto bits = hn::Dup128VecFromValues(hn::Full128<uint64_t>(), words[0], words[1]);
    const auto halves = hn::BitCast(hn::Full128<hwy::float16_t>(), bits);
    if constexpr (hn::MaxLanes(df) == 8) {
        hn::Store(halves_to_floats(df, halves), df, d);
    } else {
        hn::Store(halves_to_floats(df, hn::LowerHalf(dh, halves)), df, d);
        hn::Store(halves_to_floats(df, hn::UpperHalf(dh, halves)), df, d + 4);
    }
}

/// d and m of the eight sub-blocks of Q4_K and Q5_K, from the halves d and dmin at `p` and the twelve bytes behind
/// them: six bits for each scale and minimum, the upper ones of the last four of each with the first four.
template <class D = TagF>
HWY_INLINE void load_k_scales(const uint8_t* p, float* d_out, float* m_out)
{
    const hn::Full128<uint8_t> d8;
    const hn::Full128<uint32_t> d32;
    const D df;
    const hn::Rebind<uint8_t, D> few;
    constexpr uint8_t none = 0x80; // looks up a zero
    const auto header = hn::LoadU(d8, p);
    // Words: scales 0–3, scales 4–7, minima 0–3, minima 4–7.
    const auto low =
        hn::BitCast(d32, hn::TableLookupBytes(header, hn::Dup128VecFromValues(d8, 4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10,
                                                                              11, 12, 13, 14, 15)));
    const auto high =
        hn::BitCast(d32, hn::TableLookupBytes(header, hn::Dup128VecFromValues(d8, none, none, none, none, 4, 5, 6, 7,
                                                                              none, none, none, none, 8, 9, 10, 11)));
    const auto first = hn::And(hn::Shr(low, hn::Dup128VecFromValues(d32, 0, 0, 0, 4)),
                               hn::Dup128VecFromValues(d32, 0x3F3F3F3F, 0x0F0F0F0F, 0x3F3F3F3F, 0x0F0F0F0F));
    const auto bytes = hn::BitCast(d8, hn::Or(first, hn::And(hn::ShiftRight<2>(high), hn::Set(d32, 0x30303030u))));

    const auto halves =
        halves_to_floats(hn::Full128<float>(), hn::BitCast(hn::Full64<hwy::float16_t>(), hn::LowerHalf(header)));
    const auto d = hn::Set(df, hn::GetLane(halves));
    const auto dmin = hn::Set(df, hn::ExtractLane(halves, 1));
    const auto store = [&](auto narrow, auto scale, float* out) HWY_ATTR {
        hn::Store(hn::Mul(scale, hn::ConvertTo(df, hn::PromoteTo(hn::RebindToSigned<D>(), narrow))), df, out);
    };
    if constexpr (hn::MaxLanes(df) == 8) {
        store(hn::LowerHalf(few, bytes), d, d_out);
        store(hn::UpperHalf(few, bytes), dmin, m_out);
    } else {
        const hn::Full64<uint8_t> half;
        store(hn::LowerHalf(few, hn::LowerHalf(half, bytes)), d, d_out);
        store(hn::UpperHalf(few, hn::LowerHalf(half, bytes)), d, d_out + 4);
        store(hn::LowerHalf(few, hn::UpperHalf(half, bytes)), dmin, m_out);
        store(hn::UpperHalf(few, hn::UpperHalf(half, bytes)), dmin, m_out + 4);
    }
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#endif
