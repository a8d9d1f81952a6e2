#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q4_1_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q4_1::n; ++b, in += q4_1::n_bytes, out += q4_1::n) {
        const float d = load_half(in + q4_1::d);
        const float m = load_half(in + q4_1::m);
        for (int j = 0; j < 16; ++j) {
            const uint8_t pair = in[q4_1::qs + j];
            out[j] = d * static_cast<float>(pair & 0xF) + m;
            out[j + 16] = d * static_cast<float>(pair >> 4) + m;
        }
    }
}

} // namespace conclave
