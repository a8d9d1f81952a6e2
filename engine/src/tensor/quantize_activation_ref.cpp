#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tensor/activation_limits.hpp"
#include "tensor/codec.hpp"

namespace conclave
{

void quantize_activation_ref(const float* x, int64_t n, const QuantizedActivation& out)
{
    for (int64_t b = 0; b < n / 32; ++b, x += 32) {
        // Magnitudes compare as integers, which also orders infinity and NaN above all numbers.
        uint32_t bits = 0;
        for (int j = 0; j < 32; ++j)
            bits = std::max(bits, std::bit_cast<uint32_t>(x[j]) & 0x7FFFFFFFu);
        const float amax = std::bit_cast<float>(bits);
        const bool usable = amax >= smallest_activation && amax < std::numeric_limits<float>::infinity();
        const float scale =
            usable ? amax / 127.0f : (amax < smallest_activation ? 0.0f : std::numeric_limits<float>::quiet_NaN());
        const float inverse = usable ? 1.0f / scale : 0.0f;
        int sum[2] = {};
        for (int j = 0; j < 32; ++j) {
            const auto q = usable ? static_cast<int8_t>(std::nearbyint(x[j] * inverse)) : int8_t{0};
            out.q[32 * b + j] = q;
            sum[j / 16] += q;
        }
        out.scale[b] = scale;
        out.sum[b] = scale * static_cast<float>(sum[0] + sum[1]);
        for (int half = 0; half < 2; ++half)
            out.half_sum[2 * b + half] = scale * static_cast<float>(sum[half]);
    }
}

} // namespace conclave
