#pragma once

#include <span>

#include "model/config.hpp"

namespace conclave
{

/// YaRN's magnitude m(s, c) = 0.1 c ln(s) + 1 for s > 1, else 1. Source: DeepSeek-V3 inference/model.py, mscale of MLA.
double yarn_mscale(double factor, double mscale);

/// out [n_dims / 2] = rope_theta^(-2i / n_dims) after scaling. YaRN blends the plain and the stretched frequency by how
/// often a pair turns within the original context. Source: DeepSeek-V3 inference/model.py, precompute_freqs_cis.
/// Errors: none; n_dims is even.
void rope_inverse_frequencies(const Config& config, int n_dims, std::span<float> out);

/// What multiplies cos and sin.
double rope_magnitude(const RopeScaling& scaling);

/// What multiplies 1/sqrt(head dim) in the softmax: YaRN's m(factor, mscale_all_dim) squared.
double rope_softmax_factor(const RopeScaling& scaling);

} // namespace conclave
