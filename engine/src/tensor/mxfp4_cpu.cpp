#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/mxfp4_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutMXFP4 {
    static constexpr int n_bytes = mxfp4::n_bytes, scales_per_32 = 1;
    static constexpr bool is_signed = false, has_min = false;
    static constexpr float offset = mxfp4::offset;

    static HWY_INLINE void scales(const uint8_t* p, int n_blocks, float* d, float*)
    {
        uint64_t exponents = 0;
        for (int b = 0; b < n_blocks; ++b)
            exponents |= uint64_t{p[b * n_bytes + mxfp4::e]} << 8 * b;
        const hn::Rebind<uint8_t, TagF> few;
        const hn::RebindToUnsigned<TagF> du;
        const auto one = hn::Set(du, 1u);
        for (int i = 0; i < blocks_of_super; i += float_lanes) {
            const auto bytes = hn::ResizeBitCast(few, hn::Set(hn::Full64<uint64_t>(), exponents >> 8 * i));
            const auto e = hn::PromoteTo(du, bytes);
            // 2^(e − 128), of which the two smallest are subnormal.
            const auto bits =
                hn::IfThenElse(hn::Gt(e, one), hn::ShiftLeft<23>(hn::Sub(e, one)), hn::ShiftLeft<21>(hn::Add(e, one)));
            hn::Store(hn::BitCast(TagF(), bits), TagF(), d + i);
        }
    }
    static HWY_INLINE Quants quants(const uint8_t* p) { return look_up(mxfp4_values, load_nibbles(p + mxfp4::qs)); }
};

void decode_mxfp4(const uint8_t* in, int64_t n, float* out)
{
    decode_small<LayoutMXFP4>(in, n, out);
}

void dot_rows_mxfp4(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_small_rows<LayoutMXFP4>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_mxfp4(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_small<LayoutMXFP4>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_mxfp4);
HWY_EXPORT(dot_rows_mxfp4);
HWY_EXPORT(unpack_mxfp4);

void decode_mxfp4_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_mxfp4)(in, n, out);
}

void dot_rows_mxfp4_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                        float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_mxfp4)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_mxfp4_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_mxfp4)(row, n, out);
}

} // namespace conclave
#endif
