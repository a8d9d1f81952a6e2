#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"
#include "tensor/nibble_values.hpp"

namespace conclave
{

void decode_iq4_xs_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / iq4_xs::n; ++b, in += iq4_xs::n_bytes, out += iq4_xs::n) {
        const float d = load_half(in + iq4_xs::d);
        const uint32_t scales_h = load_le<uint16_t>(in + iq4_xs::scales_h);
        for (int s = 0; s < 8; ++s) {
            const uint32_t low = (in[iq4_xs::scales_l + s / 2] >> (s % 2 * 4)) & 0xFu;
            const uint32_t high = (scales_h >> (2 * s)) & 3u;
            const float scale = d * static_cast<float>(static_cast<int>(low | high << 4) - 32);
            for (int j = 0; j < 16; ++j) {
                const uint8_t pair = in[iq4_xs::qs + 16 * s + j];
                out[32 * s + j] = scale * static_cast<float>(iq4_value(pair & 0xF));
                out[32 * s + j + 16] = scale * static_cast<float>(iq4_value(pair >> 4));
            }
        }
    }
}

} // namespace conclave
