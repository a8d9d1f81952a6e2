#include "tensor/decode_rows.hpp"

#include <hwy/base.h>

#include "tensor/codec.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/decode_rows_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/narrow_rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

template <class Row>
void decode_vectors(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    constexpr auto lanes = static_cast<int64_t>(hn::MaxLanes(RowFloats()));
    for (int64_t r = 0; r < n_rows; ++r, rows += row_bytes, out += n)
        for (int64_t i = 0; i < n; i += lanes)
            hn::StoreU(Row::load(rows, i), RowFloats(), out + i);
}

void decode_halves(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    decode_vectors<HalfRow>(rows, row_bytes, n_rows, n, out);
}

void decode_bf16s(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    decode_vectors<Bf16Row>(rows, row_bytes, n_rows, n, out);
}

void decode_q8_0s(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    decode_vectors<Q8Row>(rows, row_bytes, n_rows, n, out);
}

int64_t row_lanes()
{
    return static_cast<int64_t>(hn::MaxLanes(RowFloats()));
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_halves);
HWY_EXPORT(decode_bf16s);
HWY_EXPORT(decode_q8_0s);
HWY_EXPORT(row_lanes);

void decode_rows(DType dtype, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    const bool whole = n % HWY_DYNAMIC_DISPATCH(row_lanes)() == 0;
    if (dtype == DType::F16 && whole)
        return HWY_DYNAMIC_DISPATCH(decode_halves)(rows, row_bytes, n_rows, n, out);
    if (dtype == DType::BF16 && whole)
        return HWY_DYNAMIC_DISPATCH(decode_bf16s)(rows, row_bytes, n_rows, n, out);
    if (dtype == DType::Q8_0)
        return HWY_DYNAMIC_DISPATCH(decode_q8_0s)(rows, row_bytes, n_rows, n, out);
    const Codec& type = codec(dtype);
    for (int64_t r = 0; r < n_rows; ++r)
        type.decode(rows + r * row_bytes, n, out + r * n);
}

} // namespace conclave
#endif
