#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/bf16_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/floats-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LoadBF16 {
    static constexpr int n_bytes = 2;
    template <class D>
    static HWY_INLINE hn::Vec<D> load(D d, const uint8_t* p)
    {
        const hn::Rebind<uint16_t, D> d16;
        const hn::RebindToUnsigned<D> d32;
        const auto bits = hn::BitCast(d16, hn::LoadU(hn::Repartition<uint8_t, decltype(d16)>(), p));
        return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(d32, bits)));
    }
};

void decode_bf16(const uint8_t* in, int64_t n, float* out)
{
    decode_floats<LoadBF16>(in, n, out);
}

void dot_rows_bf16(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_float_rows<LoadBF16>(rows, row_bytes, n_rows, n, a, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_bf16);
HWY_EXPORT(dot_rows_bf16);

void decode_bf16_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_bf16)(in, n, out);
}

void dot_rows_bf16_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                       float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_bf16)(rows, row_bytes, n_rows, n, a, out);
}

} // namespace conclave
#endif
