#pragma once

#include <vector>

#include "generate/samplers/candidates.hpp"

namespace conclave
{

/// Locally typical sampling: keeps the fewest tokens that reach p, taken in order of how near their surprise
/// (-log probability) is to the entropy, ties to the earlier; most typical first. Source: Meister et al. 2022,
/// "Locally Typical Sampling", equation 6.
class TypicalP
{
public:
    explicit TypicalP(size_t n_vocab) : m_nearness(n_vocab), m_selector(n_vocab) {}
    /// No allocation.
    void keep(Candidates& candidates, double p);

private:
    std::vector<float> m_nearness; ///< minus the distance to the entropy
    Selector m_selector;
};

} // namespace conclave
