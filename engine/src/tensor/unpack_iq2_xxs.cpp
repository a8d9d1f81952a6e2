#include <cstring>

#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

void unpack_iq2_xxs(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq2_xxs::n; ++b, row += iq2_xxs::n_bytes) {
        const float d = load_half(row + iq2_xxs::d);
        for (int s = 0; s < 8; ++s) {
            // Four indices, then four codes of signs and, on top, the scale.
            const uint8_t* index = row + iq2_xxs::qs + 8 * s;
            const auto signs = load_le<uint32_t>(index + 4);
            *scales++ = d * (0.5f + static_cast<float>(signs >> 28)) * 0.25f;
            for (int k = 0; k < 4; ++k, q += 8) {
                const uint64_t quants = with_signs(iq2_xxs_grid[index[k]], even_signs(signs >> 7 * k & 127));
                std::memcpy(q, &quants, 8);
            }
        }
    }
}

} // namespace conclave
