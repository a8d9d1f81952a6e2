#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q6_k_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q6_k::n; ++b, in += q6_k::n_bytes, out += q6_k::n) {
        const float d = load_half(in + q6_k::d);
        for (int s = 0; s < 8; ++s) {
            // Each half of 128 has 64 bytes of low nibbles and 32 of high bit pairs; run r = s % 4 takes its pair of
            // bits.
            const int r = s % 4;
            const uint8_t* ql = in + q6_k::ql + s / 4 * 64 + r % 2 * 32;
            const uint8_t* qh = in + q6_k::qh + s / 4 * 32;
            for (int l = 0; l < 32; ++l) {
                const float scale = d * static_cast<float>(static_cast<int8_t>(in[q6_k::scales + s * 2 + l / 16]));
                const int q = ((ql[l] >> (r / 2 * 4)) & 0xF) | (((qh[l] >> (r * 2)) & 3) << 4);
                out[s * 32 + l] = scale * (static_cast<float>(q) - q6_k::offset);
            }
        }
    }
}

} // namespace conclave
