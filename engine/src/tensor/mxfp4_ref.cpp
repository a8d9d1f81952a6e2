#include <bit>

#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/nibble_values.hpp"

namespace conclave
{

namespace
{

/// 2^(e − 128): the scale of an E8M0 byte, halved because mxfp4_values are doubled. Source: OCP Microscaling Formats
/// (MX) Specification 1.0, section 5.4.1; e = 255, a NaN there, stays a number as in ggml.
float half_scale(uint32_t e)
{
    return std::bit_cast<float>(e < 2 ? 0x00200000u << e : (e - 1) << 23);
}

} // namespace

void decode_mxfp4_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t b = 0; b < n / mxfp4::n; ++b, in += mxfp4::n_bytes, out += mxfp4::n) {
        const float d = half_scale(in[mxfp4::e]);
        for (int j = 0; j < 16; ++j) {
            const uint8_t pair = in[mxfp4::qs + j];
            out[j] = d * (static_cast<float>(mxfp4_values[pair & 0xF]) - mxfp4::offset);
            out[j + 16] = d * (static_cast<float>(mxfp4_values[pair >> 4]) - mxfp4::offset);
        }
    }
}

} // namespace conclave
