#include "base/load_le.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q5_1_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q5_1::n; ++b, in += q5_1::n_bytes, out += q5_1::n) {
        const float d = load_half(in + q5_1::d);
        const float m = load_half(in + q5_1::m);
        const uint32_t qh = load_le<uint32_t>(in + q5_1::qh);
        for (int j = 0; j < 16; ++j) {
            const uint8_t pair = in[q5_1::qs + j];
            const uint32_t low = (pair & 0xFu) | (((qh >> j) & 1u) << 4);
            const uint32_t high = (pair >> 4) | (((qh >> (j + 16)) & 1u) << 4);
            out[j] = d * static_cast<float>(low) + m;
            out[j + 16] = d * static_cast<float>(high) + m;
        }
    }
}

} // namespace conclave
