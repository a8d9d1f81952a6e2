#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"
#include "tensor/nibble_values.hpp"

namespace conclave
{

void decode_iq4_nl_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / iq4_nl::n; ++b, in += iq4_nl::n_bytes, out += iq4_nl::n) {
        const float d = load_half(in + iq4_nl::d);
        for (int j = 0; j < 16; ++j) {
            const uint8_t pair = in[iq4_nl::qs + j];
            out[j] = d * static_cast<float>(iq4_value(pair & 0xF));
            out[j + 16] = d * static_cast<float>(iq4_value(pair >> 4));
        }
    }
}

} // namespace conclave
