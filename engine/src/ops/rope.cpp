#include "ops/rope.hpp"

#include <algorithm>
#include <cmath>

namespace conclave
{

void rope_table(const ConclaveRope& rope, int32_t position, float* cos, float* sin)
{
    for (int32_t i = 0; i < rope.n_dims / 2; ++i) {
        const double angle = static_cast<double>(position) * rope.inverse_frequency[i];
        cos[i] = static_cast<float>(std::cos(angle) * rope.magnitude);
        sin[i] = static_cast<float>(std::sin(angle) * rope.magnitude);
    }
}

void rope_rotate(const ConclaveRope& rope, const float* cos, const float* sin, float* x)
{
    const int32_t half = rope.n_dims / 2;
    float neighbours[max_rope_dims];
    const float* in = x;
    if (rope.interleaved) {
        std::copy_n(x, rope.n_dims, neighbours);
        in = neighbours;
    }
    const int32_t step = rope.interleaved ? 2 : 1;
    const int32_t apart = rope.interleaved ? 1 : half;
    for (int32_t i = 0; i < half; ++i) {
        const float a = in[i * step];
        const float b = in[i * step + apart];
        x[i] = a * cos[i] - b * sin[i];
        x[i + half] = a * sin[i] + b * cos[i];
    }
}

} // namespace conclave
