#include "ops/rope.hpp"

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
    const int32_t step = rope.interleaved ? 2 : 1;
    const int32_t apart = rope.interleaved ? 1 : half;
    for (int32_t i = 0; i < half; ++i) {
        const float a = x[i * step];
        const float b = x[i * step + apart];
        x[i * step] = a * cos[i] - b * sin[i];
        x[i * step + apart] = a * sin[i] + b * cos[i];
    }
}

} // namespace conclave
