#include <cmath>

#include "generate/samplers/truncation.hpp"

namespace conclave
{

void exclude_top_choices(Candidates& candidates, double threshold)
{
    const double least = static_cast<double>(candidates.max()) + std::log(threshold * candidates.sum());
    size_t n_likely = 0, stays = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
        if (candidates.logit(i) >= least) {
            stays = n_likely++ == 0 || candidates.logit(i) <= candidates.logit(stays) ? i : stays;
        }
    }
    if (n_likely > 1) {
        candidates.keep_if([&](size_t i) { return i == stays || candidates.logit(i) < least; });
    }
}

} // namespace conclave
