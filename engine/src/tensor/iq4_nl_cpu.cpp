#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/iq4_nl_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutIQ4_NL {
    static constexpr int n_bytes = iq4_nl::n_bytes, scales_per_32 = 1;
    static constexpr bool is_signed = true, has_min = false;
    static constexpr float offset = 0.0f;

    static HWY_INLINE void scales(const uint8_t* p, int n_blocks, float* d, float*)
    {
        load_halves(p + iq4_nl::d, n_bytes, n_blocks, d);
    }
    static HWY_INLINE Quants quants(const uint8_t* p) { return look_up(iq4_values, load_nibbles(p + iq4_nl::qs)); }
};

void decode_iq4_nl(const uint8_t* in, int64_t n, float* out)
{
    decode_small<LayoutIQ4_NL>(in, n, out);
}

void dot_rows_iq4_nl(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_small_rows<LayoutIQ4_NL>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_iq4_nl(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_small<LayoutIQ4_NL>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_iq4_nl);
HWY_EXPORT(dot_rows_iq4_nl);
HWY_EXPORT(unpack_iq4_nl);

void decode_iq4_nl_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_iq4_nl)(in, n, out);
}

void dot_rows_iq4_nl_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                         float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_iq4_nl)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_iq4_nl_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_iq4_nl)(row, n, out);
}

} // namespace conclave
#endif
