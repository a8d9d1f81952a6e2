#include "tensor/unpacked.hpp"

namespace conclave
{

void decode_unpacked(const UnpackedType& type, const uint8_t* in, int64_t n, float* out)
{
    const int group = 32 / type.scales_per_32;
    uint8_t q[256];
    float d[16];
    for (int64_t b = 0; b < n / 256; ++b, in += type.block_bytes, out += 256) {
        type.unpack(in, 256, {q, d, nullptr});
        for (int i = 0; i < 256; i += group)
            for (int j = i; j < i + group; ++j)
                out[j] = d[i / group] * (static_cast<float>(q[j]) - unpacked_offset);
    }
}

} // namespace conclave
