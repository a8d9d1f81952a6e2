// The loops that the kernels of all quantised types share, compiled once per Highway target. A type describes itself by
// a struct, its "layout":
//   n_bytes           of a chunk: one block of 256, or of 32
//   is_signed         quants are int8; otherwise uint8 ≤ 63
//   offset            subtracted from an unsigned quant, as a float (0: none)
//   has_min           value = d·q − m; otherwise d·(q − offset)
//   scales_per_32     1, or 2: one d (and m) for each 16 elements
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
#include <hwy/cache_control.h>
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

/// The running sums of one row. Four of them hide the latency of a fused multiply-add.
struct RowSums {
    VecF lane[4];
    VecF minus; ///< offsets and minima: taken away at the end
};

// Not member initialisers: GCC compiles an implicit constructor without the target's instructions.
HWY_INLINE RowSums zero_sums()
{
    const VecF zero = hn::Zero(TagF());
    return {{zero, zero, zero, zero}, zero};
}

HWY_INLINE float total(const RowSums& sums)
{
    const VecF plus = hn::Add(hn::Add(sums.lane[0], sums.lane[1]), hn::Add(sums.lane[2], sums.lane[3]));
    return hn::ReduceSum(TagF(), hn::Sub(plus, sums.minus));
}

// Blocks whose scales are ready before their dot products begin. A processor looks only some hundred instructions
// ahead, about two blocks of 256, and from a block's header to its scales is a long way: met one block at a time, each
// dot product waits for it.
constexpr int blocks_ahead = 64;

// How far ahead of the dot products weights are fetched, in bytes. Processors do so by themselves, but not far enough
// for a loop that computes this much per cache line.
constexpr int64_t prefetch_bytes = 4096;

/// Little at a time, between other work: a core waits when it has asked for more lines than it can keep count of.
template <int Bytes>
HWY_INLINE void prefetch_run(const uint8_t* p)
{
    for (int i = 0; i < Bytes; i += 64)
        hwy::Prefetch(p + prefetch_bytes + i);
}

/// d and m [8 · scales_per_32] of a group of up to eight weight blocks: d becomes d times the scales of the activation,
/// from its block `first` on; what offsets and minima take away is added to `minus`. Where no block exists d and m are
/// any finite numbers.
template <class Layout>
HWY_INLINE VecF meet_activation(const Activation& a, int64_t first, int n_blocks, float* d, const float* m, VecF minus)
{
    const TagF df;
    constexpr int n_scales = Layout::scales_per_32;
    constexpr float offset = offset_of<Layout>;
    // A row's last group: the activation has no more blocks than the row.
    const auto load = [&](const float* p, int i) HWY_ATTR {
        return n_blocks == blocks_of_super ? hn::LoadU(df, p + i)
                                           : hn::LoadN(df, p + i, static_cast<size_t>(std::max(n_blocks - i, 0)));
    };
    const auto sum_of = [&](int i) HWY_ATTR {
        return n_scales == 2 ? hn::LoadU(df, a.half_sum + 2 * first + i) : load(a.sum + first, i);
    };
    for (int i = 0; i < blocks_of_super * n_scales; i += float_lanes) {
        const VecF weight = hn::Load(df, d + i);
        VecF scale;
        if constexpr (n_scales == 1) {
            scale = load(a.scale + first, i);
        } else {
            const auto few = hn::LoadU(hn::Half<TagF>(), a.scale + first + i / 2);
            const auto twice = hn::ZeroExtendVector(df, few);
            scale = hn::InterleaveWholeLower(df, twice, twice);
        }
        hn::Store(hn::Mul(weight, scale), df, d + i);
        if constexpr (offset != 0.0f)
            minus = hn::MulAdd(hn::Mul(weight, hn::Set(df, offset)), sum_of(i), minus);
        if constexpr (Layout::has_min)
            minus = hn::MulAdd(hn::Load(df, m + i), sum_of(i), minus);
    }
    return minus;
}

/// sum + scale[0 or 0..1] · (quants · x) for one block of 32.
template <class Layout>
HWY_INLINE VecF add_block(const Quants& quants, const int8_t* x, const float* scale, VecF sum)
{
    const TagF df;
    if constexpr (Layout::scales_per_32 == 2 && parts == 1) {
        const VecF both = hn::IfThenElse(hn::FirstN(df, 4), hn::Set(df, scale[0]), hn::Set(df, scale[1]));
        return hn::MulAdd(dot_quants<Layout>(df, quants.part[0], x), both, sum);
    }
    for (int i = 0; i < parts; ++i)
        sum = hn::MulAdd(dot_quants<Layout>(df, quants.part[i], x + i * byte_lanes),
                         hn::Set(df, scale[Layout::scales_per_32 == 2 ? i : 0]), sum);
    return sum;
}

template <class Layout, int... B>
HWY_INLINE void add_super_block(const uint8_t* p, const int8_t* x, const float* d, RowSums& sums,
                                std::integer_sequence<int, B...>)
{
    ((sums.lane[B % 4] = add_block<Layout>(Layout::template quants<B>(p), x + 32 * B, d + Layout::scales_per_32 * B,
                                           sums.lane[B % 4])),
     ...);
}

/// One row of blocks of 256.
template <class Layout>
HWY_INLINE float dot_super_row(const uint8_t* row, int64_t n, const Activation& a)
{
    constexpr int group = blocks_of_super;
    constexpr auto all = std::make_integer_sequence<int, group>();
    RowSums sums = zero_sums();
    alignas(64) float d[2 * blocks_ahead], m[2 * group];
    for (int64_t first = 0; first < n / 32; first += blocks_ahead) {
        const int n_blocks = static_cast<int>(std::min<int64_t>(n / 32 - first, blocks_ahead));
        const uint8_t* p = row + first / group * Layout::n_bytes;
        for (int b = 0; b < n_blocks; b += group) {
            const uint8_t* block = p + b / group * Layout::n_bytes;
            float* scales = d + b * Layout::scales_per_32;
            Layout::scales(block, scales, m);
            sums.minus = meet_activation<Layout>(a, first + b, group, scales, m, sums.minus);
        }
        for (int b = 0; b < n_blocks; b += group, p += Layout::n_bytes) {
            prefetch_run<Layout::n_bytes>(p);
            add_super_block<Layout>(p, a.q + (first + b) * 32, d + b * Layout::scales_per_32, sums, all);
        }
    }
    return total(sums);
}

/// One row of blocks of 32, whose scales are converted eight at a time.
template <class Layout>
HWY_INLINE float dot_small_row(const uint8_t* row, int64_t n, const Activation& a)
{
    constexpr int group = blocks_of_super;
    RowSums sums = zero_sums();
    alignas(64) float d[blocks_ahead], m[group];
    for (int64_t first = 0; first < n / 32; first += blocks_ahead) {
        const int n_blocks = static_cast<int>(std::min<int64_t>(n / 32 - first, blocks_ahead));
        const uint8_t* p = row + first * Layout::n_bytes;
        const auto prepare = [&](int at, int here) HWY_ATTR {
            Layout::scales(p + at * Layout::n_bytes, here, d + at, m);
            sums.minus = meet_activation<Layout>(a, first + at, here, d + at, m, sums.minus);
        };
        int b = 0;
        for (; b + group <= n_blocks; b += group)
            prepare(b, group); // a constant: without branches
        if (b < n_blocks)
            prepare(b, n_blocks - b);
        const int8_t* x = a.q + first * 32;
        const auto add = [&](int at, VecF& sum) HWY_ATTR {
            sum = add_block<Layout>(Layout::quants(p + at * Layout::n_bytes), x + at * 32, d + at, sum);
        };
        for (b = 0; b + 4 <= n_blocks; b += 4) {
            prefetch_run<4 * Layout::n_bytes>(p + b * Layout::n_bytes);
            add(b, sums.lane[0]);
            add(b + 1, sums.lane[1]);
            add(b + 2, sums.lane[2]);
            add(b + 3, sums.lane[3]);
        }
        for (; b < n_blocks; ++b)
            add(b, sums.lane[0]);
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
