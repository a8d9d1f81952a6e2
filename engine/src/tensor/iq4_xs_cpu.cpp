#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/iq4_xs_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutIQ4_XS {
    static constexpr int n_bytes = iq4_xs::n_bytes, scales_per_32 = 1;
    static constexpr bool is_signed = true, has_min = false;
    static constexpr float offset = 0.0f;

    static HWY_INLINE void scales(const uint8_t* p, float* d, float*)
    {
        const uint64_t packed = iq4_xs_scales(p);
        const hn::Rebind<uint8_t, TagF> few;
        const VecF scale = hn::Set(TagF(), load_half_lane(p + iq4_xs::d));
        for (int i = 0; i < blocks_of_super; i += float_lanes) {
            const auto bytes = hn::ResizeBitCast(few, hn::Set(hn::Full64<uint64_t>(), packed >> 8 * i));
            const auto sub = hn::Sub(hn::PromoteTo(TagI32(), bytes), hn::Set(TagI32(), 32));
            hn::Store(hn::Mul(scale, hn::ConvertTo(TagF(), sub)), TagF(), d + i);
        }
    }
    template <int B>
    static HWY_INLINE Quants quants(const uint8_t* p)
    {
        return look_up(iq4_values, load_nibbles(p + iq4_xs::qs + 16 * B));
    }
};

void decode_iq4_xs(const uint8_t* in, int64_t n, float* out)
{
    decode_super<LayoutIQ4_XS>(in, n, out);
}

void dot_rows_iq4_xs(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_super_rows<LayoutIQ4_XS>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_iq4_xs(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_super<LayoutIQ4_XS>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_iq4_xs);
HWY_EXPORT(dot_rows_iq4_xs);
HWY_EXPORT(unpack_iq4_xs);

void decode_iq4_xs_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_iq4_xs)(in, n, out);
}

void dot_rows_iq4_xs_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                         float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_iq4_xs)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_iq4_xs_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_iq4_xs)(row, n, out);
}

} // namespace conclave
#endif
