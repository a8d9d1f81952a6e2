#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/f32_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/floats-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LoadF32 {
    static constexpr int n_bytes = 4;
    template <class D>
    static HWY_INLINE hn::Vec<D> load(D d, const uint8_t* p)
    {
        return hn::BitCast(d, hn::LoadU(hn::Repartition<uint8_t, D>(), p));
    }
};

void decode_f32(const uint8_t* in, int64_t n, float* out)
{
    decode_floats<LoadF32>(in, n, out);
}

void dot_rows_f32(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_float_rows<LoadF32>(rows, row_bytes, n_rows, n, a, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_f32);
HWY_EXPORT(dot_rows_f32);

void decode_f32_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_f32)(in, n, out);
}

void dot_rows_f32_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                      float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_f32)(rows, row_bytes, n_rows, n, a, out);
}

} // namespace conclave
#endif
