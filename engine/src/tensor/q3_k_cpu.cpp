#include <hwy/base.h>

#include "tensor/codec_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/q3_k_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

struct LayoutQ3_K {
    static constexpr int n_bytes = q3_k::n_bytes, scales_per_32 = 2;
    static constexpr bool is_signed = false, has_min = false;
    static constexpr float offset = q3_k::offset;

    /// Four lower bits of a scale lie in the first eight bytes, the upper two of four scales in each of the last four.
    static HWY_INLINE void scales(const uint8_t* p, float* d, float*)
    {
        const uint64_t low = load_le<uint64_t>(p + q3_k::scales);
        const uint64_t high = load_le<uint32_t>(p + q3_k::scales + 8);
        const uint64_t first = (high | high << 30) & 0x0303030303030303u;
        const uint64_t last = (high >> 4 | high << 26) & 0x0303030303030303u;
        const auto packed = hn::Dup128VecFromValues(hn::Full128<uint64_t>(), (low & 0x0F0F0F0F0F0F0F0Fu) | first << 4,
                                                    (low >> 4 & 0x0F0F0F0F0F0F0F0Fu) | last << 4);
        const hn::Full128<uint8_t> d8;
        scale_sixteen(hn::Sub(hn::BitCast(d8, packed), hn::Set(d8, uint8_t{32})), load_half_lane(p + q3_k::d), d);
    }
    template <int B>
    static HWY_INLINE Quants quants(const uint8_t* p)
    {
        Quants quants = load_bit_pairs<B % 4>(p + q3_k::qs + B / 4 * 32);
        const Quants high = load_quants(p + q3_k::hmask);
        for (int i = 0; i < parts; ++i) {
            const VecU8 bit = hn::And(high.part[i], hn::Set(TagU8(), static_cast<uint8_t>(1u << B)));
            quants.part[i] = hn::Or(quants.part[i], move_bits<B, 2>(bit));
        }
        return quants;
    }
};

void decode_q3_k(const uint8_t* in, int64_t n, float* out)
{
    decode_super<LayoutQ3_K>(in, n, out);
}

void dot_rows_q3_k(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    dot_super_rows<LayoutQ3_K>(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q3_k(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    unpack_super<LayoutQ3_K>(row, n, out);
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(decode_q3_k);
HWY_EXPORT(dot_rows_q3_k);
HWY_EXPORT(unpack_q3_k);

void decode_q3_k_cpu(const uint8_t* in, int64_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(decode_q3_k)(in, n, out);
}

void dot_rows_q3_k_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                       float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_rows_q3_k)(rows, row_bytes, n_rows, n, a, out);
}

void unpack_q3_k_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    HWY_DYNAMIC_DISPATCH(unpack_q3_k)(row, n, out);
}

} // namespace conclave
#endif
