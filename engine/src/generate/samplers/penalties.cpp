#include "generate/samplers/penalties.hpp"

#include <algorithm>

namespace conclave
{

bool Penalties::is_on(const SamplerOptions& options)
{
    return options.repetition_penalty != 1 || options.presence_penalty != 0 || options.frequency_penalty != 0;
}

std::span<const int32_t> last_tokens(std::span<const int32_t> recent, int window)
{
    return window < 0 ? recent : recent.last(std::min(recent.size(), static_cast<size_t>(window)));
}

void Penalties::apply(Candidates& candidates, std::span<const int32_t> recent, const SamplerOptions& options)
{
    const std::span<const int32_t> window = last_tokens(recent, options.repetition_window);
    for (const int32_t id : window) {
        ++m_counts[static_cast<size_t>(id)];
    }
    for (const int32_t id : window) {
        uint32_t& count = m_counts[static_cast<size_t>(id)];
        const size_t at = count > 0 ? candidates.find(id) : Candidates::none;
        if (at != Candidates::none) {
            const float logit = candidates.logit(at);
            const float repeated = logit > 0 ? logit / options.repetition_penalty : logit * options.repetition_penalty;
            candidates.set_logit(at, repeated - options.presence_penalty -
                                         static_cast<float>(count) * options.frequency_penalty);
        }
        count = 0; // once per token, however often it came
    }
}

} // namespace conclave
