#include <cstring>

#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

void unpack_iq2_s(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq2_s::n; ++b, row += iq2_s::n_bytes) {
        const float d = load_half(row + iq2_s::d);
        for (int i = 0; i < 16; ++i)
            *scales++ = d * (0.5f + static_cast<float>(row[iq2_s::scales + i / 2] >> i % 2 * 4 & 0xF)) * 0.25f;
        for (int k = 0; k < 32; ++k, q += 8) {
            const int index = row[iq2_s::qs + k] | (row[iq2_s::qh + k / 4] >> k % 4 * 2 & 3) << 8;
            const uint64_t quants = with_signs(iq2_s_grid[static_cast<size_t>(index)], row[iq2_s::signs + k]);
            std::memcpy(q, &quants, 8);
        }
    }
}

} // namespace conclave
