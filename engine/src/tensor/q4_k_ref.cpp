#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q4_k_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q4_k::n; ++b, in += q4_k::n_bytes, out += q4_k::n) {
        const float d = load_half(in + q4_k::d);
        const float dmin = load_half(in + q4_k::dmin);
        for (int s = 0; s < 8; ++s) {
            const ScaleMin sm = k_scale_min(in + q4_k::scales, s);
            const float scale = d * static_cast<float>(sm.scale);
            const float min = dmin * static_cast<float>(sm.min);
            // 32 bytes serve two sub-blocks: low nibbles the even one, high nibbles the odd one.
            const uint8_t* qs = in + q4_k::qs + s / 2 * 32;
            for (int l = 0; l < 32; ++l)
                out[s * 32 + l] = scale * static_cast<float>((qs[l] >> (s % 2 * 4)) & 0xF) - min;
        }
    }
}

} // namespace conclave
