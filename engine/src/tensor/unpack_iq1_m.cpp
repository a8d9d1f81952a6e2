#include <cstring>

#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

/// value = d · (g ± 1/8), here d/8 · (8g ± 1): exact.
void unpack_iq1_m(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq1_m::n; ++b, row += iq1_m::n_bytes) {
        // Four words of four scales of three bits; their upper nibbles are the half d, the lowest first.
        const auto packed = load_le<uint64_t>(row + iq1_m::scales);
        const float d = float_of_half(static_cast<uint16_t>((packed >> 12 & 0xF) | (packed >> 24 & 0xF0) |
                                                            (packed >> 36 & 0xF00) | (packed >> 48 & 0xF000)));
        for (int i = 0; i < 16; ++i)
            *scales++ = d * static_cast<float>(2 * (packed >> (i / 4 * 16 + i % 4 * 3) & 7) + 1) * 0.125f;
        for (int k = 0; k < 32; ++k, q += 8) {
            const uint32_t high = row[iq1_m::qh + k / 2] >> k % 2 * 4;
            const uint64_t delta = high & 8 ? ~uint64_t{0x0101010101010101u} + 1 : 0x0101010101010101u;
            const uint64_t quants = iq1_grid[row[iq1_m::qs + k] | (high & 7) << 8] + delta;
            std::memcpy(q, &quants, 8);
        }
    }
}

} // namespace conclave
