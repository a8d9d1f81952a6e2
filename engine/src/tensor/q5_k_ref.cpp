#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q5_k_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q5_k::n; ++b, in += q5_k::n_bytes, out += q5_k::n) {
        const float d = load_half(in + q5_k::d);
        const float dmin = load_half(in + q5_k::dmin);
        for (int s = 0; s < 8; ++s) {
            const ScaleMin sm = k_scale_min(in + q5_k::scales, s);
            const float scale = d * static_cast<float>(sm.scale);
            const float min = dmin * static_cast<float>(sm.min);
            const uint8_t* qs = in + q5_k::qs + s / 2 * 32;
            const uint8_t* qh = in + q5_k::qh; // bit s of byte l is the fifth bit of element l of sub-block s
            for (int l = 0; l < 32; ++l) {
                const int q = ((qs[l] >> (s % 2 * 4)) & 0xF) | (((qh[l] >> s) & 1) << 4);
                out[s * 32 + l] = scale * static_cast<float>(q) - min;
            }
        }
    }
}

} // namespace conclave
