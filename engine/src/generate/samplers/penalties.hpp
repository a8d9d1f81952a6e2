#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "conclave/sampling.hpp"
#include "generate/samplers/candidates.hpp"

namespace conclave
{

/// Makes tokens of the window less likely: their logits are divided by the repetition penalty when positive, multiplied
/// when negative (Keskar et al. 2019, "CTRL"); then presence + count × frequency is subtracted (OpenAI API reference).
class Penalties
{
public:
    explicit Penalties(size_t n_vocab) : m_counts(n_vocab) {}

    static bool is_on(const SamplerOptions& options);
    /// recent: the tokens before this one. No allocation.
    void apply(Candidates& candidates, std::span<const int32_t> recent, const SamplerOptions& options);

private:
    std::vector<uint32_t> m_counts; ///< [n_vocab], all 0 between calls
};

/// The last `window` of `recent`; all of them when it is negative.
std::span<const int32_t> last_tokens(std::span<const int32_t> recent, int window);

/// Adds what the request asks for; -infinity bans.
void apply_logit_bias(Candidates& candidates, std::span<const LogitBias> biases);

} // namespace conclave
