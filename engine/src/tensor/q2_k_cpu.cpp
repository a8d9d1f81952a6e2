#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/q2_k_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutQ2_K {
    static constexpr int n_bytes = q2_k::n_bytes, scales_per_32 = 2;
    static constexpr bool is_signed = false, has_min = true;
    static constexpr float offset = 0.0f;

    static HWY_INLINE void scales(const uint8_t* p, float* d, float* m)
    {
        const hn::Full128<uint8_t> d8;
        const auto packed = hn::LoadU(d8, p + q2_k::scales);
        scale_sixteen(hn::And(packed, hn::Set(d8, uint8_t{0xF})), load_half_lane(p + q2_k::d), d);
        scale_sixteen(hn::ShiftRight<4>(packed), load_half_lane(p + q2_k::dmin), m);
    }
    template <int B>
    static HWY_INLINE Quants quants(const uint8_t* p)
    {
        return load_bit_pairs<B % 4>(p + q2_k::qs + B / 4 * 32);
    }
};

void decode_q2_k(const uint8_t* in, int64_t n, float* out)
{
    decode_super<LayoutQ2_K>(in, n, out);
}

void dot_rows_q2_k(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_super_rows<LayoutQ2_K>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q2_k(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_super<LayoutQ2_K>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_q2_k);
HWY_EXPORT(dot_rows_q2_k);
HWY_EXPORT(unpack_q2_k);

void decode_q2_k_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_q2_k)(in, n, out);
}

void dot_rows_q2_k_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                       float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_q2_k)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q2_k_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_q2_k)(row, n, out);
}

} // namespace conclave
#endif
