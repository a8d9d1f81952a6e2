#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_q8_0_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q8_0::n; ++b, in += q8_0::n_bytes, out += q8_0::n) {
        const float d = load_half(in + q8_0::d);
        for (int j = 0; j < q8_0::n; ++j)
            out[j] = d * static_cast<float>(static_cast<int8_t>(in[q8_0::qs + j]));
    }
}

} // namespace conclave
