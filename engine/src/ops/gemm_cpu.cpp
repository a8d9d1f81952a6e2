#include "ops/gemm.hpp"

#include "base/check.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/gemm_cpu.cpp"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h" // IWYU pragma: keep
#include "hwy/highway.h"

#include "tensor/narrow_rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

constexpr RowFloats d;
constexpr auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
using Vec = hn::Vec<RowFloats>;

// Sums in flight: eight hide the latency of a fused multiply-add and, with their operands, fit 16 registers; 32 take
// sixteen, which load less per sum.
constexpr int most_sums = lanes == 16 ? 16 : 8;
constexpr int line = 64; // bytes that come from memory together

/// Asks for `bytes` of row r + ahead.
HWY_INLINE void fetch_ahead(const GemmRows& b, int64_t r, int64_t offset, int64_t bytes)
{
    const uint8_t* row = b.first + (r + b.ahead) * b.row_bytes + offset;
    for (int64_t at = 0; at < bytes; at += line)
        hwy::Prefetch(row + at);
}

/// The sum of each block's lanes with those of the other blocks.
template <class D>
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> sum_of_blocks(D tag, hn::Vec<D> v)
{
    if constexpr (hn::MaxLanes(tag) > 4) {
        const hn::Half<D> half;
        return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
    } else {
        return v;
    }
}

/// The sums of four vectors, each in an order of its own that is the same in every place.
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> sums_of(Vec v0, Vec v1, Vec v2, Vec v3)
{
    const hn::Repartition<uint64_t, RowFloats> pairs;
    // Within blocks of four lanes: 0 + 2 and 1 + 3 of two vectors, then of all four.
    const auto v01 = hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1)));
    const auto v23 = hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3)));
    return sum_of_blocks(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, v01, v23)),
                                    hn::BitCast(d, hn::InterleaveUpper(pairs, v01, v23))));
}

/// M rows of a by N rows of b.
template <class Row, int M, int N>
HWY_INLINE void nt_block(const Gemm& g, int64_t i, int64_t j)
{
    const float* a = g.a + i * g.a_stride;
    const uint8_t* b = g.b.first + j * g.b.row_bytes;
    Vec sums[M][N];
    for (int m = 0; m < M; ++m)
        for (int n = 0; n < N; ++n)
            sums[m][n] = hn::Zero(d);
    int64_t k = 0;
    for (; k + lanes <= g.k; k += lanes) {
        Vec bv[N];
        for (int n = 0; n < N; ++n)
            bv[n] = Row::load(b + n * g.b.row_bytes, k);
        for (int m = 0; m < M; ++m) {
            const Vec av = hn::LoadU(d, a + m * g.a_stride + k);
            for (int n = 0; n < N; ++n)
                sums[m][n] = hn::MulAdd(av, bv[n], sums[m][n]);
        }
    }
    if (const auto rest = static_cast<size_t>(g.k - k); rest > 0) // floats alone
        for (int n = 0; n < N; ++n) {
            const Vec bv = hn::LoadN(d, reinterpret_cast<const float*>(b + n * g.b.row_bytes) + k, rest);
            for (int m = 0; m < M; ++m)
                sums[m][n] = hn::MulAdd(hn::LoadN(d, a + m * g.a_stride + k, rest), bv, sums[m][n]);
        }
    const hn::CappedTag<float, 4> four;
    for (int m = 0; m < M; ++m) {
        float* c = g.c + (i + m) * g.c_stride + j;
        if constexpr (N % 4 == 0)
            for (int n = 0; n < N; n += 4)
                hn::StoreU(sums_of(sums[m][n], sums[m][n + 1], sums[m][n + 2], sums[m][n + 3]), four, c + n);
        else
            for (int n = 0; n < N; ++n)
                c[n] = hn::GetLane(sums_of(sums[m][n], sums[m][n], sums[m][n], sums[m][n]));
    }
}

template <class Row, int M, int N>
void nt_columns(const Gemm& g, int64_t i, int64_t j)
{
    for (; j + N <= g.n; j += N) {
        if (i == 0 && g.b.ahead > 0)
            for (int n = 0; n < N; ++n)
                fetch_ahead(g.b, j + n, 0, Row::bytes(g.k));
        nt_block<Row, M, N>(g, i, j);
    }
    if constexpr (N > 1)
        nt_columns<Row, M, N == 8 ? 4 : 1>(g, i, j);
}

template <class Row, int M>
void nt_rows(const Gemm& g, int64_t i)
{
    for (; i + M <= g.m; i += M)
        nt_columns<Row, M, M == 1 ? 8 : 4>(g, i, 0);
    if constexpr (M > 1)
        nt_rows<Row, M / 2>(g, i);
}

/// Where there are many rows and registers, six of them meet a column of b at once: b may come from the second cache.
template <class Row>
void nt_all(const Gemm& g)
{
    constexpr int many = 6;
    int64_t i = 0;
    if constexpr (lanes == 16)
        for (; g.m - i >= 2 * many; i += many)
            nt_columns<Row, many, 4>(g, i, 0);
    nt_rows<Row, most_sums / 4>(g, i);
}

/// M rows of a by N vectors of b's columns.
template <class Row, int M, int N>
HWY_INLINE void nn_block(const Gemm& g, bool accumulate, int64_t i, int64_t j)
{
    const float* a = g.a + i * g.a_stride;
    float* c = g.c + i * g.c_stride + j;
    Vec sums[M][N];
    for (int m = 0; m < M; ++m)
        for (int n = 0; n < N; ++n)
            sums[m][n] = accumulate ? hn::LoadU(d, c + m * g.c_stride + n * lanes) : hn::Zero(d);
    const bool fetches = i == 0 && j == 0 && g.b.ahead > 0;
    for (int64_t k = 0; k < g.k; ++k) {
        if (fetches)
            fetch_ahead(g.b, k, 0, Row::bytes(g.n));
        const uint8_t* b = g.b.first + k * g.b.row_bytes;
        Vec bv[N];
        for (int n = 0; n < N; ++n)
            bv[n] = Row::load(b, j + n * lanes);
        for (int m = 0; m < M; ++m) {
            const Vec av = hn::Set(d, a[m * g.a_stride + k]);
            for (int n = 0; n < N; ++n)
                sums[m][n] = hn::MulAdd(av, bv[n], sums[m][n]);
        }
    }
    for (int m = 0; m < M; ++m)
        for (int n = 0; n < N; ++n)
            hn::StoreU(sums[m][n], d, c + m * g.c_stride + n * lanes);
}

/// The last columns, fewer than a vector, of floats.
template <int M>
void nn_rest(const Gemm& g, bool accumulate, int64_t i, int64_t j)
{
    const auto rest = static_cast<size_t>(g.n - j);
    const float* a = g.a + i * g.a_stride;
    float* c = g.c + i * g.c_stride + j;
    Vec sums[M];
    for (int m = 0; m < M; ++m)
        sums[m] = accumulate ? hn::LoadN(d, c + m * g.c_stride, rest) : hn::Zero(d);
    for (int64_t k = 0; k < g.k; ++k) {
        const Vec bv = hn::LoadN(d, reinterpret_cast<const float*>(g.b.first + k * g.b.row_bytes) + j, rest);
        for (int m = 0; m < M; ++m)
            sums[m] = hn::MulAdd(hn::Set(d, a[m * g.a_stride + k]), bv, sums[m]);
    }
    for (int m = 0; m < M; ++m)
        hn::StoreN(sums[m], d, c + m * g.c_stride, rest);
}

template <class Row, int M, int N>
void nn_columns(const Gemm& g, bool accumulate, int64_t i, int64_t j)
{
    for (; j + N * lanes <= g.n; j += N * lanes)
        nn_block<Row, M, N>(g, accumulate, i, j);
    if constexpr (N > 1)
        nn_columns<Row, M, N / 2>(g, accumulate, i, j);
    else if (j < g.n)
        nn_rest<M>(g, accumulate, i, j);
}

template <class Row, int M>
void nn_rows(const Gemm& g, bool accumulate, int64_t i)
{
    for (; i + M <= g.m; i += M)
        nn_columns<Row, M, M == 1 ? 8 : most_sums / M>(g, accumulate, i, 0);
    if constexpr (M > 1)
        nn_rows<Row, M / 2>(g, accumulate, i);
}

void gemm_nt(const Gemm& g)
{
    switch (g.b.dtype) {
    case DType::F16:
        return nt_all<HalfRow>(g);
    case DType::BF16:
        return nt_all<Bf16Row>(g);
    case DType::Q8_0:
        return nt_all<Q8Row>(g);
    default:
        return nt_all<FloatRow>(g);
    }
}

void gemm_nn(const Gemm& g, bool accumulate)
{
    constexpr int rows = most_sums / 2;
    switch (g.b.dtype) {
    case DType::F16:
        return nn_rows<HalfRow, rows>(g, accumulate, 0);
    case DType::BF16:
        return nn_rows<Bf16Row, rows>(g, accumulate, 0);
    case DType::Q8_0:
        return nn_rows<Q8Row, rows>(g, accumulate, 0);
    default:
        return nn_rows<FloatRow, rows>(g, accumulate, 0);
    }
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
    CONCLAVE_CHECK(g.b.dtype == DType::F32 || g.k % gemm_vector == 0, "narrow rows are whole vectors");
    HWY_DYNAMIC_DISPATCH(gemm_nt)(g);
}

void gemm_nn(const Gemm& g, bool accumulate)
{
    CONCLAVE_CHECK(g.b.dtype == DType::F32 || g.n % gemm_vector == 0, "narrow rows are whole vectors");
    HWY_DYNAMIC_DISPATCH(gemm_nn)(g, accumulate);
}

} // namespace conclave
#endif
