#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/q4_0_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutQ4_0 {
    static constexpr int n_bytes = q4_0::n_bytes, scales_per_32 = 1;
    static constexpr bool is_signed = false, has_min = false;
    static constexpr float offset = q4_0::offset;

    static HWY_INLINE void scales(const uint8_t* p, int n_blocks, float* d, float*)
    {
        load_halves(p + q4_0::d, n_bytes, n_blocks, d);
    }
    static HWY_INLINE Quants quants(const uint8_t* p) { return load_nibbles(p + q4_0::qs); }
};

void decode_q4_0(const uint8_t* in, int64_t n, float* out)
{
    decode_small<LayoutQ4_0>(in, n, out);
}

void dot_rows_q4_0(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_small_rows<LayoutQ4_0>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q4_0(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_small<LayoutQ4_0>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_q4_0);
HWY_EXPORT(dot_rows_q4_0);
HWY_EXPORT(unpack_q4_0);

void decode_q4_0_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_q4_0)(in, n, out);
}

void dot_rows_q4_0_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                       float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_q4_0)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q4_0_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_q4_0)(row, n, out);
}

} // namespace conclave
#endif
