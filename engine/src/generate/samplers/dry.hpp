#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "conclave/sampling.hpp"
#include "generate/samplers/candidates.hpp"

namespace conclave
{

class Tokenizer;

/// DRY, "don't repeat yourself": a token that would make the end of the text repeat an earlier run of `length` tokens
/// loses multiplier × base^(length - allowed length), once length reaches the allowed length. A token whose text holds
/// a breaker ends a run and is never penalised. Source: p-e-w, text-generation-webui pull request 5677.
class Dry
{
public:
    /// `n_ctx`: the most tokens there can be before one.
    Dry(size_t n_vocab, size_t n_ctx) : m_breaks(n_vocab), m_longest(n_vocab), m_match(n_ctx) {}

    /// Finds the tokens that break; without a tokenizer none does.
    void set_breakers(const std::vector<std::string>& breakers, const Tokenizer* tokenizer);
    /// recent: the tokens before this one. Work is linear in its length; no allocation.
    void apply(Candidates& candidates, std::span<const int32_t> recent, const SamplerOptions& options);

private:
    void match(std::span<const int32_t> recent, size_t limit);

    std::vector<std::string> m_breakers;
    std::vector<uint8_t> m_breaks;  ///< [n_vocab]
    std::vector<int32_t> m_longest; ///< [n_vocab] longest repeat the token would continue; all 0 between calls
    std::vector<int32_t> m_match;   ///< of the reversed text: length of the common prefix of it and its tail from i
};

} // namespace conclave
