#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

namespace
{

/// Scale j < 16 of the twelve bytes: four bits in the first eight, two more in the last four.
int scale_of(const uint8_t* scales, int j)
{
    const int low = (scales[j % 8] >> (j / 8 * 4)) & 0xF;
    const int high = (scales[8 + j % 4] >> (j / 4 * 2)) & 3;
    return (low | high << 4) - 32;
}

} // namespace

void decode_q3_k_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / q3_k::n; ++b, in += q3_k::n_bytes, out += q3_k::n) {
        const float d = load_half(in + q3_k::d);
        for (int i = 0; i < q3_k::n; ++i) {
            // The two lower bits lie as in Q2_K; bit i / 32 of byte i % 32 is the third.
            const int low = (in[q3_k::qs + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
            const int high = (in[q3_k::hmask + i % 32] >> (i / 32)) & 1;
            const float scale = d * static_cast<float>(scale_of(in + q3_k::scales, i / 16));
            out[i] = scale * (static_cast<float>(low | high << 2) - q3_k::offset);
        }
    }
}

} // namespace conclave
