#include "model/rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace conclave
{

double yarn_mscale(double factor, double mscale)
{
    return factor > 1 ? 0.1 * mscale * std::log(factor) + 1 : 1;
}

namespace
{

/// Long waves are stretched, short ones kept, those between blended. Source: transformers modeling_rope_utils.py,
/// _compute_llama3_parameters.
double llama3_frequency(const RopeScaling& scaling, double plain)
{
    const double turns = scaling.original_max_position_embeddings * plain / (2 * std::numbers::pi);
    const double kept =
        std::clamp((turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor), 0.0, 1.0);
    return plain / scaling.factor * (1 - kept) + plain * kept;
}

/// The pair index at which a wave turns `rotations` times within the original context.
double correction_dim(const Config& config, int n_dims, double rotations)
{
    const double turns = config.rope_scaling.original_max_position_embeddings / (rotations * 2 * std::numbers::pi);
    return n_dims * std::log(turns) / (2 * std::log(config.rope_theta));
}

} // namespace

void rope_inverse_frequencies(const Config& config, int n_dims, std::span<float> out)
{
    const RopeScaling& scaling = config.rope_scaling;
    double low = 0, high = 0;
    if (scaling.type == RopeScalingType::yarn) {
        low = correction_dim(config, n_dims, scaling.beta_fast);
        high = correction_dim(config, n_dims, scaling.beta_slow);
        if (scaling.truncate) {
            low = std::floor(low);
            high = std::ceil(high);
        }
        low = std::max(low, 0.0);
        high = std::min(high, n_dims - 1.0);
        if (low == high) {
            high += 0.001; // as published: avoids dividing by zero
        }
    }
    for (int i = 0; i < n_dims / 2; ++i) {
        const double plain = std::pow(config.rope_theta, -2.0 * i / n_dims);
        double frequency = plain;
        if (scaling.type == RopeScalingType::linear) {
            frequency = plain / scaling.factor;
        } else if (scaling.type == RopeScalingType::yarn) {
            const double ramp = std::clamp((i - low) / (high - low), 0.0, 1.0);
            frequency = plain / scaling.factor * ramp + plain * (1 - ramp);
        } else if (scaling.type == RopeScalingType::llama3) {
            frequency = llama3_frequency(scaling, plain);
        }
        out[static_cast<size_t>(i)] = static_cast<float>(frequency);
    }
}

double rope_magnitude(const RopeScaling& scaling)
{
    if (scaling.type != RopeScalingType::yarn) {
        return scaling.attn_factor;
    }
    return scaling.attn_factor * yarn_mscale(scaling.factor, scaling.mscale) /
           yarn_mscale(scaling.factor, scaling.mscale_all_dim);
}

double rope_softmax_factor(const RopeScaling& scaling)
{
    if (scaling.type != RopeScalingType::yarn) {
        return 1;
    }
    const double m = yarn_mscale(scaling.factor, scaling.mscale_all_dim);
    return m * m;
}

} // namespace conclave
