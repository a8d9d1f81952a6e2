// The loops that the kernels of all quantised types share, compiled once per Highway target. A type describes itself by
// a struct, its "layout":
//   n_bytes           of a chunk: one block of 256, or of 32
//   is_signed         quants are int8; otherwise uint8 ≤ 63
//   offset            subtracted from an unsigned quant, as a float (0: none)
//   has_min           value = d·q − m; otherwise d·(q − offset)
//   scales_per_32     1, or 2: one d for each 16 elements
//   scales(p, d, m)   writes d (and m) of the chunk's blocks of 32 as floats
//   quants<B>(p)      the 32 quants of block B of the chunk
// An activation block has 32 elements as well, so one block of weights meets one activation scale and one sum.

#if defined(CONCLAVE_INT8_BLOCKS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef CONCLAVE_INT8_BLOCKS_INL
#undef CONCLAVE_INT8_BLOCKS_INL
#else
#define CONCLAVE_INT8_BLOCKS_INL
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <hwy/highway.h>
#include <utility>

#include "tensor/block_layout.hpp"
#include "tensor/codec.hpp"
#include "tensor/half-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// 256-bit vectors at most: a block of 32 fills one exactly, and 512-bit ones would need two blocks with two scales.
using TagF = hn::CappedTag<float, 8>;
using TagU8 = hn::Repartition<uint8_t, TagF>;
using TagI8 = hn::Repartition<int8_t, TagF>;
using TagI16 = hn::Repartition<int16_t, TagF>;
using TagI32 = hn::Repartition<int32_t, TagF>;
using VecF = hn::Vec<TagF>;
using VecU8 = hn::Vec<TagU8>;
using VecI32 = hn::Vec<TagI32>;

constexpr int float_lanes = static_cast<int>(hn::MaxLanes(TagF()));
constexpr int byte_lanes = 4 * float_lanes;
constexpr int parts = 32 / byte_lanes; // vectors in a block of 32
constexpr int block_of_activation = 32;
constexpr int blocks_of_super = 8;

// u8 × i8 dot products of four bytes in one instruction; otherwise they go through 16 bits in two.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL
constexpr bool has_quad_dot = true;
#else
constexpr bool has_quad_dot = false;
#endif

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

/// Sixteen quants and the sixteen that follow them. (A template, so that only the branch that fits is compiled.)
template <class Half>
HWY_INLINE Quants join(Half first, Half second)
{
    Quants quants;
    if constexpr (parts == 1) {
        quants.part[0] = hn::Combine(TagU8(), second, first);
    } else {
        quants.part[0] = first;
        quants.part[1] = second;
    }
    return quants;
}

/// The 4-bit quants of a block of 32 whose 16 bytes hold element j low and j + 16 high.
HWY_INLINE Quants load_nibbles(const uint8_t* p)
{
    const hn::CappedTag<uint8_t, 16> d;
    const auto bytes = hn::LoadU(d, p);
    return join(hn::And(bytes, hn::Set(d, uint8_t{0xF})), hn::ShiftRight<4>(bytes));
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
        quants.part[i] = hn::Or(quants.part[i], hn::IfThenElseZero(mask, hn::Set(d, uint8_t{16})));
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

/// Four bytes at a time: sums of unsigned quants ≤ 63 (or ≤ 255 with quad dots) times int8.
HWY_INLINE VecI32 dot_unsigned(VecU8 quants, hn::Vec<TagI8> x, VecI32 sum)
{
    if constexpr (has_quad_dot) {
        return hn::SumOfMulQuadAccumulate(TagI32(), quants, x, sum);
    } else {
        // |pair| ≤ 2·128·127 < 2^15: never saturates.
        const auto pairs = hn::SatWidenMulPairwiseAdd(TagI16(), quants, x);
        return hn::Add(sum, hn::WidenMulPairwiseAdd(TagI32(), pairs, hn::Set(TagI16(), int16_t{1})));
    }
}

/// The same for int8 quants. Quad dots take unsigned quants: 128 is added here, and what that adds to the sum is taken
/// away by the caller when it knows Σx (CorrectLater), or here.
template <bool CorrectLater>
HWY_INLINE VecI32 dot_signed(VecU8 quants, hn::Vec<TagI8> x)
{
    const VecI32 zero = hn::Zero(TagI32());
    const TagU8 du8;
    const TagI8 di8;
    if constexpr (has_quad_dot) {
        const VecU8 bias = hn::Set(du8, uint8_t{128});
        const VecI32 sum = dot_unsigned(hn::Xor(quants, bias), x, zero);
        return CorrectLater ? sum : hn::Sub(sum, dot_unsigned(bias, x, zero));
    } else {
        // |q| · (x with the sign of q); where q is 0 the other factor does not matter.
        const auto q = hn::BitCast(di8, quants);
        return dot_unsigned(hn::BitCast(du8, hn::Abs(q)), hn::IfNegativeThenNegOrUndefIfZero(q, x), zero);
    }
}

/// d [n_blocks ≤ 8] = the halves at distance `stride`, as floats; the rest of d is zero.
HWY_INLINE void load_halves(const uint8_t* p, int stride, int n_blocks, float* d)
{
    uint8_t halves[2 * blocks_of_super] = {};
    for (int b = 0; b < n_blocks; ++b)
        std::memcpy(halves + 2 * b, p + b * stride, 2);
    for (int i = 0; i < blocks_of_super; i += float_lanes)
        hn::Store(load_half_vector(TagF(), halves + 2 * i), TagF(), d + i);
}

/// d and m of the eight sub-blocks of Q4_K and Q5_K.
HWY_INLINE void load_k_scales(const uint8_t* scales, float d, float dmin, float* d_out, float* m_out)
{
    // All twelve bytes at once, four sub-blocks to a word, as llama.cpp's AVX2 kernels do.
    uint32_t packed[3], sc[2], mn[2];
    std::memcpy(packed, scales, sizeof packed);
    sc[0] = packed[0] & 0x3F3F3F3Fu;
    sc[1] = (packed[2] & 0x0F0F0F0Fu) | (((packed[0] >> 6) & 0x03030303u) << 4);
    mn[0] = packed[1] & 0x3F3F3F3Fu;
    mn[1] = ((packed[2] >> 4) & 0x0F0F0F0Fu) | (((packed[1] >> 6) & 0x03030303u) << 4);
    const hn::Rebind<uint8_t, TagF> du8;
    for (int i = 0; i < blocks_of_super; i += float_lanes) {
        const auto to_float = [&](const uint32_t* words) HWY_ATTR {
            const auto bytes = hn::LoadU(du8, reinterpret_cast<const uint8_t*>(words) + i);
            return hn::ConvertTo(TagF(), hn::PromoteTo(TagI32(), bytes));
        };
        hn::Store(hn::Mul(hn::Set(TagF(), d), to_float(sc)), TagF(), d_out + i);
        hn::Store(hn::Mul(hn::Set(TagF(), dmin), to_float(mn)), TagF(), m_out + i);
    }
}

/// The running sums of one row.
struct RowSums {
    VecF even;
    VecF odd;
    VecF minus; ///< offsets and minima: taken away at the end
};

// Not member initialisers: GCC compiles an implicit constructor without the target's instructions.
HWY_INLINE RowSums zero_sums()
{
    const VecF zero = hn::Zero(TagF());
    return {zero, zero, zero};
}

/// sums += scale[0 or 0..1] · (quants · x) for one block of 32; scale already holds weight and activation scale.
template <class Layout>
HWY_INLINE VecF add_block(const Quants& quants, const int8_t* x, const float* scale, VecF sum)
{
    VecI32 dot[parts];
    for (int i = 0; i < parts; ++i) {
        const auto xi = hn::LoadU(TagI8(), x + i * byte_lanes);
        if constexpr (Layout::is_signed)
            dot[i] = dot_signed < Layout::scales_per_32 == 1 > (quants.part[i], xi);
        else
            dot[i] = dot_unsigned(quants.part[i], xi, hn::Zero(TagI32()));
    }
    if constexpr (Layout::scales_per_32 == 1) {
        if constexpr (parts == 2)
            dot[0] = hn::Add(dot[0], dot[1]);
        return hn::MulAdd(hn::ConvertTo(TagF(), dot[0]), hn::Set(TagF(), scale[0]), sum);
    } else if constexpr (parts == 1) {
        const hn::Half<TagF> dh;
        const VecF both = hn::Combine(TagF(), hn::Set(dh, scale[1]), hn::Set(dh, scale[0]));
        return hn::MulAdd(hn::ConvertTo(TagF(), dot[0]), both, sum);
    } else {
        sum = hn::MulAdd(hn::ConvertTo(TagF(), dot[0]), hn::Set(TagF(), scale[0]), sum);
        return hn::MulAdd(hn::ConvertTo(TagF(), dot[1]), hn::Set(TagF(), scale[1]), sum);
    }
}

/// Multiplies the scales of up to eight blocks by those of the activation and adds what offsets and minima take away.
template <class Layout>
HWY_INLINE void meet_activation(float* d, const float* m, const float* scale, const int32_t* sum, RowSums& sums)
{
    const TagF df;
    // What a quant carries too much: its own offset, and the 128 of dot_signed.
    constexpr float offset =
        Layout::is_signed ? (has_quad_dot && Layout::scales_per_32 == 1 ? 128.0f : 0.0f) : Layout::offset;
    if constexpr (Layout::scales_per_32 == 2) {
        for (int b = 0; b < 2 * blocks_of_super; ++b)
            d[b] *= scale[b / 2];
        return;
    }
    for (int i = 0; i < blocks_of_super; i += float_lanes) {
        const VecF s = hn::LoadU(df, scale + i);
        const VecF product = hn::Mul(hn::Load(df, d + i), s);
        hn::Store(product, df, d + i);
        if constexpr (offset != 0.0f || Layout::has_min) {
            const VecF x = hn::ConvertTo(df, hn::LoadU(TagI32(), sum + i));
            if constexpr (offset != 0.0f)
                sums.minus = hn::MulAdd(hn::Mul(product, hn::Set(df, offset)), x, sums.minus);
            if constexpr (Layout::has_min)
                sums.minus = hn::MulAdd(hn::Mul(hn::Load(df, m + i), s), x, sums.minus);
        }
    }
}

HWY_INLINE float total(const RowSums& sums)
{
    return hn::ReduceSum(TagF(), hn::Sub(hn::Add(sums.even, sums.odd), sums.minus));
}

template <class Layout, size_t... B>
HWY_INLINE void add_super_block(const uint8_t* p, const int8_t* x, const float* d, RowSums& sums,
                                std::index_sequence<B...>)
{
    ((B % 2 == 0 ? sums.even = add_block<Layout>(Layout::template quants<B>(p), x + 32 * B,
                                                 d + Layout::scales_per_32 * B, sums.even)
                 : sums.odd = add_block<Layout>(Layout::template quants<B>(p), x + 32 * B,
                                                d + Layout::scales_per_32 * B, sums.odd)),
     ...);
}

/// One row of blocks of 256.
template <class Layout>
HWY_INLINE float dot_super_row(const uint8_t* row, int64_t n, const Activation& a)
{
    RowSums sums = zero_sums();
    alignas(64) float d[2 * blocks_of_super], m[blocks_of_super];
    for (int64_t i = 0; i < n; i += 256, row += Layout::n_bytes) {
        Layout::scales(row, d, m);
        meet_activation<Layout>(d, m, a.scale + i / 32, a.sum + i / 32, sums);
        add_super_block<Layout>(row, a.q + i, d, sums, std::make_index_sequence<blocks_of_super>());
    }
    return total(sums);
}

/// One row of blocks of 32, eight at a time so that their scales are converted together.
template <class Layout>
HWY_INLINE float dot_small_row(const uint8_t* row, int64_t n, const Activation& a)
{
    RowSums sums = zero_sums();
    alignas(64) float d[blocks_of_super], m[blocks_of_super];
    const int64_t n_blocks = n / 32;
    int64_t first = 0;
    for (; first + blocks_of_super <= n_blocks; first += blocks_of_super) {
        const uint8_t* p = row + first * Layout::n_bytes;
        const int8_t* x = a.q + first * 32;
        Layout::scales(p, blocks_of_super, d, m);
        meet_activation<Layout>(d, m, a.scale + first, a.sum + first, sums);
        for (int b = 0; b < blocks_of_super; b += 2) {
            sums.even = add_block<Layout>(Layout::quants(p + b * Layout::n_bytes), x + b * 32, d + b, sums.even);
            sums.odd =
                add_block<Layout>(Layout::quants(p + (b + 1) * Layout::n_bytes), x + (b + 1) * 32, d + b + 1, sums.odd);
        }
    }
    if (const int rest = static_cast<int>(n_blocks - first); rest > 0) {
        const uint8_t* p = row + first * Layout::n_bytes;
        float scale[blocks_of_super] = {};
        int32_t sum[blocks_of_super] = {};
        std::copy_n(a.scale + first, rest, scale);
        std::copy_n(a.sum + first, rest, sum);
        Layout::scales(p, rest, d, m);
        meet_activation<Layout>(d, m, scale, sum, sums);
        for (int b = 0; b < rest; ++b)
            sums.even =
                add_block<Layout>(Layout::quants(p + b * Layout::n_bytes), a.q + (first + b) * 32, d + b, sums.even);
    }
    return total(sums);
}

/// out [32] of one block; the same operations in the same order as the plain decoder, so that both agree bit for bit.
template <class Layout>
HWY_INLINE void decode_block(const Quants& quants, const float* d, float m, float* out)
{
    alignas(64) uint8_t bytes[32];
    for (int i = 0; i < parts; ++i)
        hn::Store(quants.part[i], TagU8(), bytes + i * byte_lanes);
    const TagF df;
    const hn::Rebind<uint8_t, TagF> du8;
    const hn::Rebind<int8_t, TagF> di8;
    for (int i = 0; i < 32; i += float_lanes) {
        const auto narrow = hn::LoadU(du8, bytes + i);
        VecF q;
        if constexpr (Layout::is_signed)
            q = hn::ConvertTo(df, hn::PromoteTo(TagI32(), hn::BitCast(di8, narrow)));
        else
            q = hn::ConvertTo(df, hn::PromoteTo(TagI32(), narrow));
        if constexpr (Layout::offset != 0.0f)
            q = hn::Sub(q, hn::Set(df, Layout::offset));
        VecF value = hn::Mul(hn::Set(df, d[Layout::scales_per_32 == 2 ? i / 16 : 0]), q);
        if constexpr (Layout::has_min)
            value = hn::Sub(value, hn::Set(df, m));
        hn::StoreU(value, df, out + i);
    }
}

template <class Layout, size_t... B>
HWY_INLINE void decode_super_block(const uint8_t* p, const float* d, const float* m, float* out,
                                   std::index_sequence<B...>)
{
    (decode_block<Layout>(Layout::template quants<B>(p), d + Layout::scales_per_32 * B, m[B], out + 32 * B), ...);
}

template <class Layout>
void decode_super(const uint8_t* in, int64_t n, float* out)
{
    alignas(64) float d[2 * blocks_of_super], m[blocks_of_super] = {};
    for (int64_t i = 0; i < n; i += 256, in += Layout::n_bytes) {
        Layout::scales(in, d, m);
        decode_super_block<Layout>(in, d, m, out + i, std::make_index_sequence<blocks_of_super>());
    }
}

template <class Layout>
void decode_small(const uint8_t* in, int64_t n, float* out)
{
    alignas(64) float d[blocks_of_super], m[blocks_of_super] = {};
    for (int64_t first = 0; first < n / 32; first += blocks_of_super) {
        const uint8_t* p = in + first * Layout::n_bytes;
        const int n_blocks = static_cast<int>(std::min<int64_t>(n / 32 - first, blocks_of_super));
        Layout::scales(p, n_blocks, d, m);
        for (int b = 0; b < n_blocks; ++b)
            decode_block<Layout>(Layout::quants(p + b * Layout::n_bytes), d + b, m[b], out + (first + b) * 32);
    }
}

template <class Layout>
void dot_super_rows(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r)
        out[r] = dot_super_row<Layout>(rows + r * row_bytes, n, a);
}

template <class Layout>
void dot_small_rows(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r)
        out[r] = dot_small_row<Layout>(rows + r * row_bytes, n, a);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#endif
