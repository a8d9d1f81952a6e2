#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tensor/activation_limits.hpp"
#include "tensor/codec.hpp"

namespace conclave
{

void quantize_activation_ref(const float* x, int64_t n, int8_t* q, float* scale, int32_t* sum)
{
    for (int64_t b = 0; b < n / 32; ++b, x += 32, q += 32) {
        // Magnitudes compare as integers, which also orders infinity and NaN above all numbers.
        uint32_t bits = 0;
        for (int j = 0; j < 32; ++j)
            bits = std::max(bits, std::bit_cast<uint32_t>(x[j]) & 0x7FFFFFFFu);
        const float amax = std::bit_cast<float>(bits);
        const bool usable = amax >= smallest_activation && amax < std::numeric_limits<float>::infinity();
        scale[b] =
            usable ? amax / 127.0f : (amax < smallest_activation ? 0.0f : std::numeric_limits<float>::quiet_NaN());
        const float inverse = usable ? 1.0f / scale[b] : 0.0f;
        sum[b] = 0;
        for (int j = 0; j < 32; ++j) {
            q[j] = usable ? static_cast<int8_t>(std::nearbyint(x[j] * inverse)) : int8_t{0};
            sum[b] += q[j];
        }
    }
}

} // namespace conclave
