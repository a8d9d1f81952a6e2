#include "tensor/decode_rows.hpp"

#include <hwy/base.h>

#include "tensor/block_layout.hpp"
#include "tensor/codec.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/decode_rows_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/half-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

namespace hn = hwy::HWY_NAMESPACE;

// No wider than the shortest heads and the blocks of Q8_0.
using TagF = hn::CappedTag<float, 16>;

struct Half {
    static HWY_INLINE hn::Vec<TagF> load(const uint8_t* p) { return load_half_vector(TagF(), p); }
};

struct Bf16 {
    static HWY_INLINE hn::Vec<TagF> load(const uint8_t* p)
    {
        const hn::Rebind<uint16_t, TagF> d16;
        const hn::RebindToUnsigned<TagF> d32;
        const auto words = hn::BitCast(d16, hn::LoadU(hn::Repartition<uint8_t, decltype(d16)>(), p));
        return hn::BitCast(TagF(), hn::ShiftLeft<16>(hn::PromoteTo(d32, words)));
    }
};

template <class Type>
void decode_words(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    constexpr auto lanes = static_cast<int64_t>(hn::MaxLanes(TagF()));
    for (int64_t r = 0; r < n_rows; ++r, rows += row_bytes, out += n)
        for (int64_t i = 0; i < n; i += lanes)
            hn::StoreU(Type::load(rows + 2 * i), TagF(), out + i);
}

void decode_halves(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    decode_words<Half>(rows, row_bytes, n_rows, n, out);
}

void decode_bf16s(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    decode_words<Bf16>(rows, row_bytes, n_rows, n, out);
}

void decode_q8_0s(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    constexpr int lanes = static_cast<int>(hn::MaxLanes(TagF()));
    const hn::Rebind<int8_t, TagF> d8;
    const hn::RebindToSigned<TagF> d32;
    for (int64_t r = 0; r < n_rows; ++r, rows += row_bytes) {
        const uint8_t* block = rows;
        for (int64_t i = 0; i < n; i += q8_0::n, block += q8_0::n_bytes, out += q8_0::n) {
            const auto d = hn::Set(TagF(), load_half_lane(block + q8_0::d));
            for (int j = 0; j < q8_0::n; j += lanes) {
                const auto q = hn::LoadU(d8, reinterpret_cast<const int8_t*>(block + q8_0::qs + j));
                hn::StoreU(hn::Mul(d, hn::ConvertTo(TagF(), hn::PromoteTo(d32, q))), TagF(), out + j);
            }
        }
    }
}

int64_t words_at_once()
{
    return static_cast<int64_t>(hn::MaxLanes(TagF()));
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
HWY_EXPORT(words_at_once);

void decode_rows(DType dtype, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    const bool whole = n % HWY_DYNAMIC_DISPATCH(words_at_once)() == 0;
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
