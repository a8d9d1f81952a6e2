#include "tensor/unpacked.hpp"

#include <hwy/base.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/unpacked_cpu.cpp"
#include <hwy/foreach_target.h> // IWYU pragma: keep
#include <hwy/highway.h>

#include "tensor/int8_blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace conclave
{
namespace HWY_NAMESPACE
{

/// A "block" is 256 unpacked bytes.
template <int Scales>
struct LayoutUnpacked {
    static constexpr int scales_per_32 = Scales;
    static constexpr bool is_signed = false, has_min = false;
    static constexpr float offset = unpacked_offset;

    template <int B>
    static HWY_INLINE Quants quants(const uint8_t* q)
    {
        return load_quants(q + 32 * B);
    }
};

template <int Scales>
float dot_unpacked_row(const UnpackedType& type, const uint8_t* row, int64_t n, const Activation& a)
{
    using Layout = LayoutUnpacked<Scales>;
    RowSums sums = zero_sums();
    alignas(64) uint8_t q[256];
    alignas(64) float d[2 * blocks_of_super];
    for (int64_t i = 0; i < n; i += 256, row += type.block_bytes) {
        type.unpack(row, 256, {q, d, nullptr});
        sums.minus = meet_activation<Layout>(a, i / 32, blocks_of_super, d, nullptr, sums.minus);
        add_super_block<Layout>(q, a.q + i, d, sums, std::make_integer_sequence<int, blocks_of_super>());
    }
    return total(sums);
}

void dot_unpacked(const UnpackedType& type, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n,
                  const Activation& a, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r) {
        const uint8_t* row = rows + r * row_bytes;
        out[r] = type.scales_per_32 == 2 ? dot_unpacked_row<2>(type, row, n, a) : dot_unpacked_row<1>(type, row, n, a);
    }
}

} // namespace HWY_NAMESPACE
} // namespace conclave
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace conclave
{

HWY_EXPORT(dot_unpacked);

void dot_unpacked_rows(const UnpackedType& type, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n,
                       const Activation& activation, float* out)
{
    HWY_DYNAMIC_DISPATCH(dot_unpacked)(type, rows, row_bytes, n_rows, n, activation, out);
}

} // namespace conclave
#endif
