#include "base/load_le.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/half.hpp"

namespace conclave
{

void decode_bf16_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = float_of_bf16(load_le<uint16_t>(in + 2 * i));
}

} // namespace conclave
