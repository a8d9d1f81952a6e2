#include "generate/samplers/typical_p.hpp"

#include <algorithm>
#include <cmath>

namespace conclave
{

void TypicalP::keep(Candidates& candidates, double p)
{
    // -log probability = log Σ - d and entropy = log Σ - Σ e d / Σ e, so log Σ falls out of the difference.
    const auto shift = static_cast<float>(candidates.entropy() - std::log(candidates.sum()));
    const float top = candidates.max();
    for (size_t i = 0; i < candidates.size(); ++i) {
        m_nearness[i] = -std::fabs((candidates.logit(i) - top) + shift);
    }
    m_selector.look({m_nearness.data(), candidates.size()});
    for (size_t n = 64;; n *= 8) {
        const std::span<const Ranked> nearest = m_selector.best(n);
        double sum = 0;
        size_t kept = 0;
        while (kept < nearest.size() && sum < p) {
            sum += candidates.probability(static_cast<size_t>(nearest[kept++].index));
        }
        if (sum >= p || nearest.size() < n) {
            candidates.keep(nearest.first(std::max<size_t>(kept, 1)));
            return;
        }
    }
}

} // namespace conclave
