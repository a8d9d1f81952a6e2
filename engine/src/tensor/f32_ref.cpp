#include "base/load_le.hpp"
#include "tensor/codec_kernels.hpp"

namespace conclave
{

void decode_f32_ref(const uint8_t* in, int64_t n, float* out)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = load_le<float>(in + 4 * i);
}

} // namespace conclave
