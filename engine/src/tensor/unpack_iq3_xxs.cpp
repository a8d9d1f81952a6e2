#include <cstring>

#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/iq_grids.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

void unpack_iq3_xxs(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    float* scales = out.d;
    for (int64_t b = 0; b < n / iq3_xxs::n; ++b, row += iq3_xxs::n_bytes) {
        const float d = load_half(row + iq3_xxs::d);
        const uint8_t* index = row + iq3_xxs::qs;
        for (int s = 0; s < 8; ++s) {
            const auto signs = load_le<uint32_t>(row + iq3_xxs::signs + 4 * s); // four codes and, on top, the scale
            *scales++ = d * (0.5f + static_cast<float>(signs >> 28)) * 0.5f;
            for (int k = 0; k < 4; ++k, q += 8, index += 2) {
                const uint64_t magnitudes = iq3_xxs_grid[index[0]] | iq3_xxs_grid[index[1]] << 32;
                const uint64_t quants = with_signs(magnitudes, even_signs(signs >> 7 * k & 127));
                std::memcpy(q, &quants, 8);
            }
        }
    }
}

} // namespace conclave
