#include "generate/samplers/dry.hpp"

#include <algorithm>
#include <cmath>

#include "generate/samplers/penalties.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

void Dry::set_breakers(const std::vector<std::string>& breakers, const Tokenizer* tokenizer)
{
    if (breakers == m_breakers) {
        return;
    }
    m_breakers = breakers;
    for (size_t id = 0; id < m_breaks.size(); ++id) {
        m_breaks[id] = tokenizer && std::ranges::any_of(breakers, [&](const std::string& breaker) {
                           return tokenizer->token_bytes(static_cast<int32_t>(id)).find(breaker) != std::string::npos;
                       });
    }
}

/// The Z function of the reversed text, no entry above `limit`: every repeat in linear time.
void Dry::match(std::span<const int32_t> recent, size_t limit)
{
    const size_t n = recent.size();
    const auto reversed = [&](size_t i) { return recent[n - 1 - i]; };
    size_t left = 0, right = 0; // the match that reaches furthest
    for (size_t i = 1; i < n; ++i) {
        size_t length = i < right ? std::min(right - i, static_cast<size_t>(m_match[i - left])) : 0;
        while (i + length < n && length < limit && reversed(length) == reversed(i + length)) {
            ++length;
        }
        if (i + length > right) {
            left = i;
            right = i + length;
        }
        m_match[i] = static_cast<int32_t>(length);
    }
}

void Dry::apply(Candidates& candidates, std::span<const int32_t> recent, const SamplerOptions& options)
{
    recent = last_tokens(recent, options.dry_window);
    const auto breaks = [&](int32_t id) { return m_breaks[static_cast<size_t>(id)] != 0; };
    const auto breaker = std::find_if(recent.rbegin(), recent.rend(), breaks);
    const auto limit = static_cast<size_t>(breaker - recent.rbegin()); // a run never reaches over a breaker
    const auto allowed = static_cast<size_t>(std::max(options.dry_allowed_length, 1));
    if (limit < allowed) {
        return;
    }
    match(recent, limit);
    for (size_t i = 1; i < recent.size(); ++i) {
        int32_t& longest = m_longest[static_cast<size_t>(recent[recent.size() - i])]; // what came after that run
        longest = std::max(longest, m_match[i]);
    }
    // A float holds no more than 2^127.
    const double most = options.dry_base > 1 ? 88.0 / std::log(static_cast<double>(options.dry_base)) : 1e9;
    for (const int32_t id : recent) {
        int32_t& longest = m_longest[static_cast<size_t>(id)];
        const size_t at =
            static_cast<size_t>(longest) >= allowed && !breaks(id) ? candidates.find(id) : Candidates::none;
        if (at != Candidates::none) {
            const double over = std::min(static_cast<double>(longest) - options.dry_allowed_length, most);
            candidates.set_logit(at, candidates.logit(at) -
                                         static_cast<float>(options.dry_multiplier * std::pow(options.dry_base, over)));
        }
        longest = 0;
    }
}

} // namespace conclave
