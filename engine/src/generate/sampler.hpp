#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "conclave/session.hpp"
#include "generate/random.hpp"

namespace conclave
{

/// What the model's own distribution (temperature 1, nothing removed) says of one token. Views live until the next
/// call.
struct Sampled {
    int32_t id = 0;
    float logprob = 0;
    float entropy = 0;                     ///< nats
    std::span<const TokenAlternative> top; ///< most probable first
};

/// Chooses tokens. The order is fixed and part of what a seed means:
///   1. repetition penalty: logits of tokens in the window are divided by it when positive, multiplied when negative
///      (Keskar et al. 2019, "CTRL");
///   2. top-k; 3. top-p: the fewest of the most probable that reach p; 4. min-p: those with at least p times the
///   probability
///      of the best; all three on probabilities at temperature 1, so that a high temperature does not let the tail in
///      again;
///   5. temperature, and one uniform number mapped by the inverse cumulative distribution over candidates from the most
///      probable down (in order of id when neither top-k nor top-p is on).
/// Ties go to the lower id; a NaN logit counts as minus infinity. No allocation after construction.
class Sampler
{
public:
    Sampler(int n_vocab, int n_top_max);

    /// Errors: invalid_argument, naming the option and its range.
    static Result<void> check(const SamplerOptions& options);
    void begin(const SamplerOptions& options, uint64_t seed, int n_top);
    /// logits [n_vocab], cleaned in place of what is no number; recent: the tokens before this one, the last
    /// repetition_window of them count.
    Sampled sample(std::span<float> logits, std::span<const int32_t> recent);

private:
    struct Candidate {
        float logit;
        int32_t id;
    };
    static bool better(const Candidate& a, const Candidate& b)
    {
        return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
    }

    void describe(std::span<const float> logits);
    void penalize(std::span<const int32_t> recent);
    int32_t draw(std::span<const float> logits, std::span<const int32_t> recent);
    size_t keep_top_p(size_t n, double total);
    void order(size_t n);

    SamplerOptions m_options;
    Random m_random{0};
    std::vector<Candidate> m_candidates; ///< [n_vocab], the first m_ordered sorted
    size_t m_ordered = 0;
    std::vector<TokenAlternative> m_top;
    size_t m_n_top = 0;
    float m_best = 0;
    double m_sum = 0; ///< Σ exp(logit - m_best)
    double m_log_sum = 0;
    double m_entropy = 0;
};

} // namespace conclave
