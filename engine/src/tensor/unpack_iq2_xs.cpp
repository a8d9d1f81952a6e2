#include <cstring>

#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

void unpack_iq2_xs(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq2_xs::n; ++b, row += iq2_xs::n_bytes) {
        const float d = load_half(row + iq2_xs::d);
        for (int i = 0; i < 16; ++i)
            *scales++ = d * (0.5f + static_cast<float>(row[iq2_xs::scales + i / 2] >> i % 2 * 4 & 0xF)) * 0.25f;
        for (int k = 0; k < 32; ++k, q += 8) {
            const uint32_t code = load_le<uint16_t>(row + iq2_xs::qs + 2 * k); // nine bits of index, seven of signs
            const uint64_t quants = with_signs(iq2_xs_grid[code & 511], even_signs(code >> 9));
            std::memcpy(q, &quants, 8);
        }
    }
}

} // namespace conclave
