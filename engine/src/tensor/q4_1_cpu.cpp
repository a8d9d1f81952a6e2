#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/q4_1_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutQ4_1 {
    static constexpr int n_bytes = q4_1::n_bytes, scales_per_32 = 1;
    static constexpr bool is_signed = false, has_min = true;
    static constexpr float offset = 0.0f;

    static HWY_INLINE void scales(const uint8_t* p, int n_blocks, float* d, float* m)
    {
        load_halves(p + q4_1::d, n_bytes, n_blocks, d);
        load_halves(p + q4_1::m, n_bytes, n_blocks, m);
        // The file stores what is added; a layout's m is taken away.
        for (int b = 0; b < n_blocks; ++b)
            m[b] = -m[b];
    }
    static HWY_INLINE Quants quants(const uint8_t* p) { return load_nibbles(p + q4_1::qs); }
};

void decode_q4_1(const uint8_t* in, int64_t n, float* out)
{
    decode_small<LayoutQ4_1>(in, n, out);
}

void dot_rows_q4_1(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_small_rows<LayoutQ4_1>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q4_1(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_small<LayoutQ4_1>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_q4_1);
HWY_EXPORT(dot_rows_q4_1);
HWY_EXPORT(unpack_q4_1);

void decode_q4_1_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_q4_1)(in, n, out);
}

void dot_rows_q4_1_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                       float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_q4_1)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q4_1_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_q4_1)(row, n, out);
}

} // namespace conclave
#endif
