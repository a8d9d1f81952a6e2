#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/q6_k_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutQ6_K {
    static constexpr int n_bytes = q6_k::n_bytes, scales_per_32 = 2;
    static constexpr bool is_signed = false, has_min = false;
    static constexpr float offset = q6_k::offset;

    static HWY_INLINE void scales(const uint8_t* p, float* d, float*)
    {
        const VecF scale = hn::Set(TagF(), load_half_lane(p + q6_k::d));
        const hn::Rebind<int8_t, TagF> di8;
        for (int i = 0; i < 2 * blocks_of_super; i += float_lanes) {
            const auto sub = hn::LoadU(di8, reinterpret_cast<const int8_t*>(p) + q6_k::scales + i);
            hn::Store(hn::Mul(scale, hn::ConvertTo(TagF(), hn::PromoteTo(TagI32(), sub))), TagF(), d + i);
        }
    }
    template <int B>
    static HWY_INLINE Quants quants(const uint8_t* p)
    {
        constexpr int run = B % 4;
        Quants quants = load_nibble_run<(run >= 2)>(p + q6_k::ql + B / 4 * 64 + run % 2 * 32);
        const Quants high = load_quants(p + q6_k::qh + B / 4 * 32);
        for (int i = 0; i < parts; ++i) {
            const VecU8 bits = hn::And(high.part[i], hn::Set(TagU8(), static_cast<uint8_t>(3u << (2 * run))));
            quants.part[i] = hn::Or(quants.part[i], move_bits<2 * run, 4>(bits));
        }
        return quants;
    }
};

void decode_q6_k(const uint8_t* in, int64_t n, float* out)
{
    decode_super<LayoutQ6_K>(in, n, out);
}

void dot_rows_q6_k(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_super_rows<LayoutQ6_K>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q6_k(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_super<LayoutQ6_K>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_q6_k);
HWY_EXPORT(dot_rows_q6_k);
HWY_EXPORT(unpack_q6_k);

void decode_q6_k_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_q6_k)(in, n, out);
}

void dot_rows_q6_k_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                       float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_q6_k)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q6_k_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_q6_k)(row, n, out);
}

} // namespace conclave
#endif
