#include "ops/vector_math.hpp"

#include <algorithm>
#include <cmath>

namespace conclave
{

void silu_multiply_ref(const float* gate, const float* up, int64_t n, float* out)
{
    for (int64_t i = 0; i < n; ++i) {
        const double g = gate[i];
        out[i] = static_cast<float>(g / (1.0 + std::exp(-g)) * up[i]);
    }
}

void clamped_multiply_ref(const ClampedGate& shape, const float* gate, const float* up, int64_t n, float* out)
{
    for (int64_t i = 0; i < n; ++i) {
        const double g = std::min(gate[i], shape.limit);
        const double u = std::clamp(up[i], -shape.limit, shape.limit);
        out[i] = static_cast<float>(g / (1.0 + std::exp(-shape.alpha * g)) * (u + 1.0));
    }
}

void add_scaled_ref(float scale, const float* x, int64_t n, float* out)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = static_cast<float>(out[i] + static_cast<double>(scale) * x[i]);
}

void scale_by_ref(float factor, int64_t n, float* x)
{
    for (int64_t i = 0; i < n; ++i)
        x[i] *= factor;
}

float softmax_piece_ref(float scale, int64_t n, float* scores, OnlineSoftmax& state)
{
    float largest = state.largest;
    for (int64_t i = 0; i < n; ++i)
        largest = std::max(largest, scale * scores[i]);
    const double factor = std::exp(static_cast<double>(state.largest) - largest);
    double sum = state.sum * factor;
    for (int64_t i = 0; i < n; ++i) {
        scores[i] = static_cast<float>(std::exp(static_cast<double>(scale) * scores[i] - largest));
        sum += scores[i];
    }
    state = {largest, static_cast<float>(sum)};
    return static_cast<float>(factor);
}

} // namespace conclave
