#include <cmath>

#include "generate/samplers/truncation.hpp"

namespace conclave
{

void keep_min_p(Candidates& candidates, double p)
{
    candidates.keep_at_least(static_cast<float>(static_cast<double>(candidates.max()) + std::log(p)));
}

} // namespace conclave
