#include <cstring>

#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

/// value = d · (g ± 1/8), here d/8 · (8g ± 1): exact.
void unpack_iq1_s(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq1_s::n; ++b, row += iq1_s::n_bytes) {
        const float d = load_half(row + iq1_s::d);
        for (int s = 0; s < 8; ++s) {
            // Three more bits for each of four indices, three of scale, the sign of what all elements have too much.
            const uint32_t high = load_le<uint16_t>(row + iq1_s::qh + 2 * s);
            *scales++ = d * static_cast<float>(2 * (high >> 12 & 7) + 1) * 0.125f;
            const uint64_t delta = high & 0x8000 ? ~uint64_t{0x0101010101010101u} + 1 : 0x0101010101010101u;
            for (int k = 0; k < 4; ++k, q += 8) {
                const uint64_t quants = iq1_grid[row[iq1_s::qs + 4 * s + k] | (high >> 3 * k & 7) << 8] + delta;
                std::memcpy(q, &quants, 8);
            }
        }
    }
}

} // namespace conclave
