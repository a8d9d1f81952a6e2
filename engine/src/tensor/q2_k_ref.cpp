#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q2_k_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q2_k::n; ++b, in += q2_k::n_bytes, out += q2_k::n) {
        const float d = load_half(in + q2_k::d);
        const float dmin = load_half(in + q2_k::dmin);
        for (int i = 0; i < q2_k::n; ++i) {
            // Each half of 128 has 32 bytes; run r of 32 elements takes their bit pair r.
            const int q = (in[q2_k::qs + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
            const uint8_t packed = in[q2_k::scales + i / 16];
            const float scale = d * static_cast<float>(packed & 0xF);
            const float min = dmin * static_cast<float>(packed >> 4);
            out[i] = scale * static_cast<float>(q) - min;
        }
    }
}

} // namespace conclave
