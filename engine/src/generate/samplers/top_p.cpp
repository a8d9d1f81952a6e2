#include "generate/samplers/exp_negative.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{

void keep_top_p(Candidates& candidates, double p)
{
    const double enough = p * candidates.sum();
    const float top = candidates.max();
    // Mostly a few tokens hold nearly everything; more are sorted only as needed.
    for (size_t n = 64;; n *= 8) {
        const std::span<const Ranked> best = candidates.best(n);
        double sum = 0;
        for (size_t i = 0; i < best.size(); ++i) {
            sum += exp_negative(best[i].value - top);
            if (sum >= enough) {
                candidates.keep(best.first(i + 1));
                return;
            }
        }
        if (best.size() < n) { // rounding: all of them together are a little less than all
            candidates.keep(best);
            return;
        }
    }
}

} // namespace conclave
