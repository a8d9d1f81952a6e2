// The loops that the kernels of all quantised types share, compiled once per Highway target. A type describes itself by
// a struct, its "layout":
//   n_bytes           of a chunk: one block of 256, or of 32
//   is_signed         quants are int8; otherwise uint8 ≤ 63
//   offset            subtracted from an unsigned quant, as a float (0: none)
//   has_min           value = d·q − m; otherwise d·(q − offset)
//   scales_per_32     1, or 2: one d (and m) for each 16 elements
//   scales(p, d, m)   writes d (and m) of the chunk's blocks of 32 as floats
//   quants<B>(p)      the 32 quants of block B of the chunk
// An activation block has 32 elements as well, so one block of weights meets one activation scale and one sum. Vectors
// of 512 bits take two blocks at a time through the dot product.

#if defined(CONCLAVE_INT8_BLOCKS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef CONCLAVE_INT8_BLOCKS_INL
#undef CONCLAVE_INT8_BLOCKS_INL
#else
#define CONCLAVE_INT8_BLOCKS_INL
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <hwy/highway.h>
#include <utility>

#include "tensor/block_layout.hpp"
#include "tensor/codec.hpp"
#include "tensor/int8_quants-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

// Two blocks side by side where vectors are that wide; otherwise the same as TagF.
using TagW = hn::CappedTag<float, 16>;
using VecW = hn::Vec<TagW>;
constexpr bool has_pairs = hn::MaxLanes(TagW()) == 16;

// u8 × i8 dot products of four bytes in one instruction; otherwise they go through 16 bits in two.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL
constexpr bool has_quad_dot = true;
#else
constexpr bool has_quad_dot = false;
#endif

// Quad dots take unsigned quants: 128 is added to signed ones, and taken away again with the sum of the activation.
constexpr float signed_offset = has_quad_dot ? 128.0f : 0.0f;

template <class Layout>
constexpr float offset_of = Layout::is_signed ? signed_offset : Layout::offset;

/// Four bytes at a time: sums of unsigned quants ≤ 63 (or ≤ 255 with quad dots) times int8.
template <class DI32, class VU8, class VI8>
HWY_INLINE hn::Vec<DI32> dot_unsigned(DI32 di32, VU8 quants, VI8 x)
{
    if constexpr (has_quad_dot) {
        return hn::SumOfMulQuadAccumulate(di32, quants, x, hn::Zero(di32));
    } else {
        // |pair| ≤ 2·128·127 < 2^15: never saturates.
        const hn::Repartition<int16_t, DI32> di16;
        const auto pairs = hn::SatWidenMulPairwiseAdd(di16, quants, x);
        return hn::WidenMulPairwiseAdd(di32, pairs, hn::Set(di16, int16_t{1}));
    }
}

/// The products of one vector of quants, as floats without their scales; signed quants have signed_offset too much.
template <class Layout, class D, class VU8>
HWY_INLINE hn::Vec<D> dot_quants(D d, VU8 quants, const int8_t* x)
{
    const hn::Repartition<uint8_t, D> du8;
    const hn::Repartition<int8_t, D> di8;
    const hn::Repartition<int32_t, D> di32;
    const auto xi = hn::LoadU(di8, x);
    if constexpr (!Layout::is_signed)
        return hn::ConvertTo(d, dot_unsigned(di32, quants, xi));
    else if constexpr (has_quad_dot)
        return hn::ConvertTo(d, dot_unsigned(di32, hn::Xor(quants, hn::Set(du8, uint8_t{128})), xi));
    // |q| · (x with the sign of q); where q is 0 the other factor does not matter.
    const auto q = hn::BitCast(di8, quants);
    return hn::ConvertTo(d,
                         dot_unsigned(di32, hn::BitCast(du8, hn::Abs(q)), hn::IfNegativeThenNegOrUndefIfZero(q, xi)));
}

/// The running sums of one row.
struct RowSums {
    VecW even;
    VecW odd;
    VecF single; ///< blocks that found no second one
    VecF minus;  ///< offsets and minima: taken away at the end
};

// Not member initialisers: GCC compiles an implicit constructor without the target's instructions.
HWY_INLINE RowSums zero_sums()
{
    return {hn::Zero(TagW()), hn::Zero(TagW()), hn::Zero(TagF()), hn::Zero(TagF())};
}

HWY_INLINE float total(const RowSums& sums)
{
    return hn::ReduceSum(TagW(), hn::Add(sums.even, sums.odd)) +
           hn::ReduceSum(TagF(), hn::Sub(sums.single, sums.minus));
}

/// Scale and sums of up to eight activation blocks.
struct ActivationScales {
    const float* scale;    ///< [8]
    const float* sum;      ///< [8]
    const float* half_sum; ///< [16]
};

/// Turns the scales of eight weight blocks into those of the products, and adds what offsets and minima take away.
template <class Layout>
HWY_INLINE void meet_activation(float* d, const float* m, const ActivationScales& a, RowSums& sums)
{
    const TagF df;
    constexpr float offset = offset_of<Layout>;
    constexpr int n_scales = blocks_of_super * Layout::scales_per_32;
    for (int i = 0; i < n_scales; i += float_lanes) {
        const VecF weight = hn::Load(df, d + i);
        VecF scale;
        if constexpr (Layout::scales_per_32 == 1) {
            scale = hn::LoadU(df, a.scale + i);
        } else {
            const auto few = hn::LoadU(hn::Half<TagF>(), a.scale + i / 2);
            const auto twice = hn::ZeroExtendVector(df, few);
            scale = hn::InterleaveWholeLower(df, twice, twice);
        }
        hn::Store(hn::Mul(weight, scale), df, d + i);
        if constexpr (offset != 0.0f) {
            const VecF sum = hn::LoadU(df, (Layout::scales_per_32 == 2 ? a.half_sum : a.sum) + i);
            sums.minus = hn::MulAdd(hn::Mul(weight, hn::Set(df, offset)), sum, sums.minus);
        }
        if constexpr (Layout::has_min)
            sums.minus = hn::MulAdd(hn::Load(df, m + i),
                                    hn::LoadU(df, (Layout::scales_per_32 == 2 ? a.half_sum : a.sum) + i), sums.minus);
    }
}

/// sum + scale[0 or 0..1] · (quants · x) for one block of 32.
template <class Layout>
HWY_INLINE VecF add_block(const Quants& quants, const int8_t* x, const float* scale, VecF sum)
{
    if constexpr (Layout::scales_per_32 == 2 && parts == 1) {
        const hn::Half<TagF> dh;
        const VecF both = hn::Combine(TagF(), hn::Set(dh, scale[1]), hn::Set(dh, scale[0]));
        return hn::MulAdd(dot_quants<Layout>(TagF(), quants.part[0], x), both, sum);
    }
    for (int i = 0; i < parts; ++i)
        sum = hn::MulAdd(dot_quants<Layout>(TagF(), quants.part[i], x + i * byte_lanes),
                         hn::Set(TagF(), scale[Layout::scales_per_32 == 2 ? i : 0]), sum);
    return sum;
}

/// The d of blocks 2·Pair and 2·Pair + 1, each in the lanes of its block; d [8 or 16] as meet_activation leaves it.
template <class Layout, int Pair, class D>
HWY_INLINE hn::Vec<D> pair_scales(D df, const float* d)
{
    constexpr int lanes_of_scale = Layout::scales_per_32 == 2 ? 4 : 8;
    alignas(64) static constexpr auto index = [] {
        std::array<int32_t, 16> lanes{};
        for (int i = 0; i < 16; ++i)
            lanes[i] = 16 / lanes_of_scale * Pair + i / lanes_of_scale;
        return lanes;
    }();
    const hn::Half<D> dh;
    const auto low = hn::Load(dh, d);
    hn::Vec<D> all;
    if constexpr (Layout::scales_per_32 == 2)
        all = hn::Combine(df, hn::Load(dh, d + 8), low);
    else
        all = hn::ZeroExtendVector(df, low);
    return hn::TableLookupLanes(all, hn::SetTableIndices(df, index.data()));
}

/// sum + the products of blocks 2·Pair and 2·Pair + 1 in one vector.
template <class Layout, int Pair, class D>
HWY_INLINE hn::Vec<D> add_wide(D df, const Quants& first, const Quants& second, const int8_t* x, const float* d,
                               hn::Vec<D> sum)
{
    const auto quants = hn::Combine(hn::Repartition<uint8_t, D>(), second.part[0], first.part[0]);
    return hn::MulAdd(dot_quants<Layout>(df, quants, x), pair_scales<Layout, Pair>(df, d), sum);
}

/// Adds blocks 2·Pair and 2·Pair + 1, whose quants are given.
template <class Layout, int Pair>
HWY_INLINE void add_pair(const Quants& first, const Quants& second, const int8_t* x, const float* d, RowSums& sums)
{
    constexpr int step = Layout::scales_per_32;
    if constexpr (has_pairs && Pair % 2 == 0) {
        sums.even = add_wide<Layout, Pair>(TagW(), first, second, x, d, sums.even);
    } else if constexpr (has_pairs) {
        sums.odd = add_wide<Layout, Pair>(TagW(), first, second, x, d, sums.odd);
    } else {
        sums.even = add_block<Layout>(first, x, d + 2 * Pair * step, sums.even);
        sums.odd = add_block<Layout>(second, x + 32, d + (2 * Pair + 1) * step, sums.odd);
    }
}

template <class Layout, int... Pair>
HWY_INLINE void add_super_block(const uint8_t* p, const int8_t* x, const float* d, RowSums& sums,
                                std::integer_sequence<int, Pair...>)
{
    (add_pair<Layout, Pair>(Layout::template quants<2 * Pair>(p), Layout::template quants<2 * Pair + 1>(p),
                            x + 64 * Pair, d, sums),
     ...);
}

/// One row of blocks of 256.
template <class Layout>
HWY_INLINE float dot_super_row(const uint8_t* row, int64_t n, const Activation& a)
{
    RowSums sums = zero_sums();
    alignas(64) float d[2 * blocks_of_super], m[2 * blocks_of_super];
    for (int64_t i = 0; i < n; i += 256, row += Layout::n_bytes) {
        Layout::scales(row, d, m);
        meet_activation<Layout>(d, m, {a.scale + i / 32, a.sum + i / 32, a.half_sum + i / 16}, sums);
        add_super_block<Layout>(row, a.q + i, d, sums, std::make_integer_sequence<int, blocks_of_super / 2>());
    }
    return total(sums);
}

template <class Layout, int... Pair>
HWY_INLINE void add_small_blocks(const uint8_t* p, const int8_t* x, const float* d, RowSums& sums,
                                 std::integer_sequence<int, Pair...>)
{
    (add_pair<Layout, Pair>(Layout::quants(p + 2 * Pair * Layout::n_bytes),
                            Layout::quants(p + (2 * Pair + 1) * Layout::n_bytes), x + 64 * Pair, d, sums),
     ...);
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
        Layout::scales(p, blocks_of_super, d, m);
        meet_activation<Layout>(d, m, {a.scale + first, a.sum + first, nullptr}, sums);
        add_small_blocks<Layout>(p, a.q + first * 32, d, sums, std::make_integer_sequence<int, blocks_of_super / 2>());
    }
    if (const int rest = static_cast<int>(n_blocks - first); rest > 0) {
        const uint8_t* p = row + first * Layout::n_bytes;
        float scale[blocks_of_super] = {}, sum[blocks_of_super] = {};
        std::copy_n(a.scale + first, rest, scale);
        std::copy_n(a.sum + first, rest, sum);
        Layout::scales(p, rest, d, m);
        meet_activation<Layout>(d, m, {scale, sum, nullptr}, sums);
        for (int b = 0; b < rest; ++b)
            sums.single =
                add_block<Layout>(Layout::quants(p + b * Layout::n_bytes), a.q + (first + b) * 32, d + b, sums.single);
    }
    return total(sums);
}

/// out [32] of one block; the same operations in the same order as the plain decoder, so that both agree bit for bit.
template <class Layout>
HWY_INLINE void decode_block(const Quants& quants, const float* d, const float* m, float* out)
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
        const int group = Layout::scales_per_32 == 2 ? i / 16 : 0;
        VecF value = hn::Mul(hn::Set(df, d[group]), q);
        if constexpr (Layout::has_min)
            value = hn::Sub(value, hn::Set(df, m[group]));
        hn::StoreU(value, df, out + i);
    }
}

template <class Layout, size_t... B>
HWY_INLINE void decode_super_block(const uint8_t* p, const float* d, const float* m, float* out,
                                   std::index_sequence<B...>)
{
    constexpr size_t step = Layout::scales_per_32;
    (decode_block<Layout>(Layout::template quants<B>(p), d + step * B, m + step * B, out + 32 * B), ...);
}

template <class Layout>
void decode_super(const uint8_t* in, int64_t n, float* out)
{
    alignas(64) float d[2 * blocks_of_super], m[2 * blocks_of_super] = {};
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
            decode_block<Layout>(Layout::quants(p + b * Layout::n_bytes), d + b, m + b, out + (first + b) * 32);
    }
}

/// q [32] as UnpackedRow wants it.
template <class Layout>
HWY_INLINE void unpack_block(Quants quants, uint8_t* q)
{
    for (int i = 0; i < parts; ++i) {
        if constexpr (Layout::is_signed)
            quants.part[i] = hn::Xor(quants.part[i], hn::Set(TagU8(), uint8_t{128}));
        hn::StoreU(quants.part[i], TagU8(), q + i * byte_lanes);
    }
}

template <class Layout, size_t... B>
HWY_INLINE void unpack_super_block(const uint8_t* p, uint8_t* q, std::index_sequence<B...>)
{
    (unpack_block<Layout>(Layout::template quants<B>(p), q + 32 * B), ...);
}

template <class Layout>
void unpack_super(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    alignas(64) float d[2 * blocks_of_super], m[2 * blocks_of_super];
    constexpr int n_scales = blocks_of_super * Layout::scales_per_32;
    for (int64_t i = 0; i < n; i += 256, row += Layout::n_bytes) {
        Layout::scales(row, d, m);
        std::copy_n(d, n_scales, out.d + i / 32 * Layout::scales_per_32);
        if constexpr (Layout::has_min)
            std::copy_n(m, n_scales, out.m + i / 32 * Layout::scales_per_32);
        unpack_super_block<Layout>(row, out.q + i, std::make_index_sequence<blocks_of_super>());
    }
}

template <class Layout>
void unpack_small(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    alignas(64) float d[blocks_of_super], m[blocks_of_super];
    for (int64_t first = 0; first < n / 32; first += blocks_of_super) {
        const uint8_t* p = row + first * Layout::n_bytes;
        const int n_blocks = static_cast<int>(std::min<int64_t>(n / 32 - first, blocks_of_super));
        Layout::scales(p, n_blocks, d, m);
        std::copy_n(d, n_blocks, out.d + first);
        if constexpr (Layout::has_min)
            std::copy_n(m, n_blocks, out.m + first);
        for (int b = 0; b < n_blocks; ++b)
            unpack_block<Layout>(Layout::quants(p + b * Layout::n_bytes), out.q + (first + b) * 32);
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
