#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/f16_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/floats-inl.hpp"
#include "tensor/half-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LoadF16 {
    static constexpr int n_bytes = 2;
    template <class D>
    static HWY_INLINE hn::Vec<D> load(D d, const uint8_t* p)
    {
        return load_half_vector(d, p);
    }
};

void decode_f16(const uint8_t* in, int64_t n, float* out)
{
    decode_floats<LoadF16>(in, n, out);
}

void dot_rows_f16(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_float_rows<LoadF16>(rows, row_bytes, n_rows, n, a, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_f16);
HWY_EXPORT(dot_rows_f16);

void decode_f16_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_f16)(in, n, out);
}

void dot_rows_f16_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                      float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_f16)(rows, row_bytes, n_rows, n, a, out);
}

} // namespace conclave
#endif
