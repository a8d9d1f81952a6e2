#pragma once

#include "conclave/sampling.hpp"
#include "generate/samplers/candidates.hpp"

namespace conclave
{

/// Mirostat: truncates so that the surprise of chosen tokens (-log2 probability) stays near tau, corrected after each
/// token by the learning rate eta. Version 1 estimates a Zipf exponent from the 100 most probable and sets k; version 2
/// cuts by surprise. Source: Basu et al. 2021, "Mirostat", algorithms 1 and 2.
class Mirostat
{
public:
    void begin(const SamplerOptions& options);
    void truncate(Candidates& candidates);
    /// The token that was drawn had this probability among what truncate left.
    void observe(double probability);

private:
    void truncate_by_exponent(Candidates& candidates);

    int m_version = 0;
    double m_tau = 0, m_eta = 0;
    double m_mu = 0; ///< the most surprise allowed, bits
};

} // namespace conclave
