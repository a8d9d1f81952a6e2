#include "tensor/int8_gemm.hpp"

#include <algorithm>
#include <cstring>

#include "base/load_le.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/int8_gemm_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, panel_rows>;
using Ints = hn::Repartition<int32_t, Floats>;
using Signed = hn::Repartition<int8_t, Floats>;
using Unsigned = hn::Repartition<uint8_t, Floats>;

constexpr int lanes = static_cast<int>(hn::MaxLanes(Floats()));
constexpr int vectors_of_panel = static_cast<int>(panel_rows) / lanes;

// A block of weight rows × activation vectors holds an integer and a float sum for each pair: 4 × 3 of them fill the 32
// registers of AVX-512, 2 × 2 the sixteen of older processors.
constexpr int block_rows = lanes == 16 ? 4 : 2;
constexpr int max_vectors = lanes == 16 ? 3 : 2;

/// Unpacked weight rows, `stride` elements apart.
struct Tile {
    const uint8_t* q; ///< [rows][stride]
    const float* d;   ///< [rows][stride / 16 or / 32]
    const float* m;   ///< as d, if the type has minima
    int64_t stride;
    int64_t begin; ///< of the tile in its rows
    int64_t n;     ///< elements from there on
    int offset_bits;
};

/// Four products of each lane. Pairs of products stay within 16 bits when quants are at most 127.
template <bool small_quants>
HWY_INLINE hn::Vec<Ints> add_quads(hn::Vec<Unsigned> w, hn::Vec<Signed> x, hn::Vec<Ints> sum)
{
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL
    return hn::SumOfMulQuadAccumulate(Ints(), w, x, sum);
#else
    if constexpr (!small_quants)
        return hn::SumOfMulQuadAccumulate(Ints(), w, x, sum);
    const hn::Repartition<int16_t, Floats> d16;
    const auto pairs = hn::SatWidenMulPairwiseAdd(d16, w, x);
    return hn::Add(sum, hn::WidenMulPairwiseAdd(Ints(), pairs, hn::Set(d16, int16_t{1})));
#endif
}

/// sums [Rows][Vectors] of lanes = weight rows from `row` on times the vectors of x from `first` on. Group: elements
/// that share a scale.
template <int Rows, int Vectors, int Group, bool has_min, bool small_quants>
HWY_INLINE void multiply_block(const Tile& tile, int64_t row, const Int8Panels& x, int64_t first, float* sums)
{
    const Floats df;
    const Ints di;
    const int8_t* xq[Vectors];
    const float* scale[Vectors];
    const float* sum[Vectors];
    const int32_t* negated[Vectors];
    for (int v = 0; v < Vectors; ++v) {
        const Int8Panels panel = x.from((first + v) / vectors_of_panel);
        const int64_t lane = (first + v) % vectors_of_panel * lanes;
        xq[v] = panel.q + tile.begin * panel_rows + 4 * lane;
        scale[v] = panel.scale + tile.begin / 32 * panel_rows + lane;
        sum[v] = panel.sum + tile.begin / 32 * panel_rows + lane;
        negated[v] = panel.negated_sum + tile.begin / 16 * panel_rows + lane;
    }
    const uint8_t* w = tile.q + row * tile.stride;
    const float* d = tile.d + row * (tile.stride / Group);
    const float* m = has_min ? tile.m + row * (tile.stride / Group) : nullptr;

    hn::Vec<Floats> total[Rows][Vectors];
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            total[r][v] = hn::Zero(df);
    for (int64_t k = 0; k < tile.n; k += Group) {
        hn::Vec<Ints> dots[Rows][Vectors];
        for (int v = 0; v < Vectors; ++v) {
            auto start = hn::Zero(di);
            if constexpr (!has_min) {
                for (int64_t half = k / 16; half < (k + Group) / 16; ++half)
                    start = hn::Add(start, hn::LoadU(di, negated[v] + half * panel_rows));
                start = hn::ShiftLeftSame(start, tile.offset_bits);
            }
            for (int r = 0; r < Rows; ++r)
                dots[r][v] = start;
        }
        for (int64_t quad = k; quad < k + Group; quad += 4) {
            hn::Vec<Signed> xv[Vectors];
            for (int v = 0; v < Vectors; ++v)
                xv[v] = hn::LoadU(Signed(), xq[v] + quad * panel_rows);
            for (int r = 0; r < Rows; ++r) {
                const auto wr = hn::BitCast(Unsigned(), hn::Set(di, load_le<int32_t>(w + r * tile.stride + quad)));
                for (int v = 0; v < Vectors; ++v)
                    dots[r][v] = add_quads<small_quants>(wr, xv[v], dots[r][v]);
            }
        }
        for (int v = 0; v < Vectors; ++v) {
            const auto s = hn::LoadU(df, scale[v] + k / 32 * panel_rows);
            for (int r = 0; r < Rows; ++r) {
                const auto weight = hn::Set(df, d[r * (tile.stride / Group) + k / Group]);
                total[r][v] = hn::MulAdd(hn::Mul(hn::ConvertTo(df, dots[r][v]), weight), s, total[r][v]);
            }
            if constexpr (has_min) {
                hn::Vec<Floats> all;
                if constexpr (Group == 32)
                    all = hn::LoadU(df, sum[v] + k / 32 * panel_rows);
                else
                    all = hn::Neg(hn::Mul(hn::ConvertTo(df, hn::LoadU(di, negated[v] + k / 16 * panel_rows)), s));
                for (int r = 0; r < Rows; ++r)
                    total[r][v] =
                        hn::NegMulAdd(hn::Set(df, m[r * (tile.stride / Group) + k / Group]), all, total[r][v]);
            }
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            hn::Store(total[r][v], df, sums + (r * Vectors + v) * lanes);
}

/// Where the results of a tile go.
struct Out {
    float* out; ///< of the first activation and the tile's first row
    int64_t stride;
    int64_t n_activations;
    bool add;
};

template <int Rows, int Vectors, int Group, bool has_min, bool small_quants>
void multiply_and_store(const Tile& tile, int64_t row, const Int8Panels& x, int64_t first, const Out& out)
{
    alignas(64) float sums[Rows * Vectors * lanes];
    multiply_block<Rows, Vectors, Group, has_min, small_quants>(tile, row, x, first, sums);
    const int64_t n = std::min<int64_t>(Vectors * lanes, out.n_activations - first * lanes);
    for (int64_t t = 0; t < n; ++t) {
        float* to = out.out + (first * lanes + t) * out.stride + row;
        for (int r = 0; r < Rows; ++r) {
            const float value = sums[r * Vectors * lanes + t];
            to[r] = out.add ? to[r] + value : value;
        }
    }
}

template <int Vectors, int Group, bool has_min, bool small_quants>
void multiply_rows(const Tile& tile, int64_t n_rows, const Int8Panels& x, int64_t first, const Out& out)
{
    int64_t row = 0;
    for (; row + block_rows <= n_rows; row += block_rows)
        multiply_and_store<block_rows, Vectors, Group, has_min, small_quants>(tile, row, x, first, out);
    for (; row < n_rows; ++row)
        multiply_and_store<1, Vectors, Group, has_min, small_quants>(tile, row, x, first, out);
}

template <int Group, bool has_min, bool small_quants>
void multiply_tile(const Tile& tile, int64_t n_rows, const Int8Panels& x, const Out& out)
{
    const int64_t n_vectors = (out.n_activations + lanes - 1) / lanes;
    for (int64_t first = 0; first < n_vectors;) {
        // 4 vectors as 2 + 2, not as 3 + 1.
        const int64_t left = n_vectors - first;
        const int64_t n_blocks = (left + max_vectors - 1) / max_vectors;
        const int64_t n = (left + n_blocks - 1) / n_blocks;
        if (n == 1)
            multiply_rows<1, Group, has_min, small_quants>(tile, n_rows, x, first, out);
        else if (n == 2)
            multiply_rows<2, Group, has_min, small_quants>(tile, n_rows, x, first, out);
        else
            multiply_rows<max_vectors, Group, has_min, small_quants>(tile, n_rows, x, first, out);
        first += n;
    }
}

using MultiplyTile = void (*)(const Tile& tile, int64_t n_rows, const Int8Panels& x, const Out& out);

MultiplyTile multiply_for(const Int8Form& form)
{
    const bool small = form.offset_bits < 7;
    if (form.scales_per_32 == 2)
        return form.has_min ? multiply_tile<16, true, true> : multiply_tile<16, false, true>;
    if (form.has_min)
        return multiply_tile<32, true, true>;
    return small ? multiply_tile<32, false, true> : multiply_tile<32, false, false>;
}

void gemm(const Int8Weights& w, const Int8Panels& panels, int64_t n_activations, float* out, int64_t out_stride)
{
    // Sixteen rows at a time lie unpacked in the second cache. Longer ones come in pieces. The odd stride keeps rows
    // out of each other's cache lines.
    constexpr int64_t tile_rows = 16, tile_width = 8192, stride = tile_width + 64;
    alignas(64) uint8_t q[tile_rows * stride];
    alignas(64) float d[tile_rows * stride / 16];
    alignas(64) float m[tile_rows * stride / 16];
    const Int8Form& form = w.codec.form;
    const MultiplyTile multiply = multiply_for(form);
    const DTypeInfo& type = *dtype_info(w.codec.dtype);
    const int64_t scales = stride / 32 * form.scales_per_32;
    for (int64_t first = 0; first < w.n_rows; first += tile_rows)
        for (int64_t begin = 0; begin < panels.n; begin += tile_width) {
            const int64_t n_rows = std::min(tile_rows, w.n_rows - first);
            const int64_t n = std::min(tile_width, panels.n - begin);
            const uint8_t* from = w.rows + first * w.row_bytes + begin / type.block_size * type.block_bytes;
            for (int64_t r = 0; r < n_rows; ++r)
                w.codec.unpack(from + r * w.row_bytes, n, {q + r * stride, d + r * scales, m + r * scales});
            multiply({q, d, m, stride, begin, n, form.offset_bits}, n_rows, panels,
                     {out + first, out_stride, n_activations, begin > 0});
        }
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(gemm);

void int8_gemm(const Int8Weights& weights, const Int8Panels& panels, int64_t n_activations, float* out,
               int64_t out_stride)
{
    HWY_DYNAMIC_DISPATCH(gemm)(weights, panels, n_activations, out, out_stride);
}

} // namespace conclave
#endif
