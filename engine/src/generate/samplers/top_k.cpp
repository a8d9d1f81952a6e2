#include <algorithm>

#include "generate/samplers/truncation.hpp"

namespace conclave
{

void keep_top_k(Candidates& candidates, int k)
{
    candidates.keep(candidates.best(static_cast<size_t>(std::max(k, 1))));
}

} // namespace conclave
