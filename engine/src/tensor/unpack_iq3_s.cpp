#include <cstring>

#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

void unpack_iq3_s(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq3_s::n; ++b, row += iq3_s::n_bytes) {
        const float d = load_half(row + iq3_s::d);
        for (int s = 0; s < 8; ++s)
            *scales++ = d * static_cast<float>(1 + 2 * (row[iq3_s::scales + s / 2] >> s % 2 * 4 & 0xF));
        for (int k = 0; k < 32; ++k, q += 8) {
            const uint8_t* index = row + iq3_s::qs + 2 * k;
            const uint32_t ninth = row[iq3_s::qh + k / 4] >> k % 4 * 2; // a bit for each of the two
            const uint64_t magnitudes =
                iq3_s_grid[index[0] | (ninth & 1) << 8] | iq3_s_grid[index[1] | (ninth & 2) << 7] << 32;
            const uint64_t quants = with_signs(magnitudes, row[iq3_s::signs + k]);
            std::memcpy(q, &quants, 8);
        }
    }
}

} // namespace conclave
