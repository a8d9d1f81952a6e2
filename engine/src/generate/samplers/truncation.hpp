#pragma once

#include "generate/samplers/candidates.hpp"

namespace conclave
{

/// Keeps the k most probable, most probable first.
void keep_top_k(Candidates& candidates, int k);
/// Keeps the fewest of the most probable whose probabilities reach p, most probable first; always one.
void keep_top_p(Candidates& candidates, double p);
/// Keeps what has at least p times the probability of the best.
void keep_min_p(Candidates& candidates, double p);
/// Keeps logits within n standard deviations (of all finite logits) of the highest.
void keep_top_n_sigma(Candidates& candidates, double n);
/// XTC, "exclude top choices": of the candidates with at least `threshold` removes all but the least probable.
void exclude_top_choices(Candidates& candidates, double threshold);

} // namespace conclave
