#pragma once

#include <cstdint>
#include <limits>

namespace conclave
{

/// out[i] = silu(gate[i]) · up[i], silu(g) = g / (1 + e^−g). out may be gate or up.
void silu_multiply_ref(const float* gate, const float* up, int64_t n, float* out);
void silu_multiply(const float* gate, const float* up, int64_t n, float* out);

/// out[i] = g / (1 + e^(−alpha·g)) · (u + 1), where g = min(gate[i], limit) and u = up[i] held within ±limit. out may
/// be gate or up. Source: transformers modeling_gpt_oss.py, GptOssExperts.forward.
struct ClampedGate {
    float alpha, limit;
};
void clamped_multiply_ref(const ClampedGate& shape, const float* gate, const float* up, int64_t n, float* out);
void clamped_multiply(const ClampedGate& shape, const float* gate, const float* up, int64_t n, float* out);

/// out[i] += scale · x[i].
void add_scaled_ref(float scale, const float* x, int64_t n, float* out);
void add_scaled(float scale, const float* x, int64_t n, float* out);

/// x[i] *= factor.
void scale_by_ref(float factor, int64_t n, float* x);
void scale_by(float factor, int64_t n, float* x);

/// What a softmax over scores that arrive in pieces needs to remember.
struct OnlineSoftmax {
    float largest = -std::numeric_limits<float>::infinity();
    float sum = 0;
};

/// scores [n] become e^(scale · score − largest); state is brought up to date. Returns the factor that everything
/// weighted with earlier pieces must be multiplied by. Source: Milakov & Gimelshein 2018, algorithm 3.
float softmax_piece_ref(float scale, int64_t n, float* scores, OnlineSoftmax& state);
float softmax_piece(float scale, int64_t n, float* scores, OnlineSoftmax& state);

} // namespace conclave
