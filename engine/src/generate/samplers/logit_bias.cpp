#include "generate/samplers/penalties.hpp"

namespace conclave
{

void apply_logit_bias(Candidates& candidates, std::span<const LogitBias> biases)
{
    for (const LogitBias& bias : biases) {
        if (const size_t at = candidates.find(bias.id); at != Candidates::none) {
            candidates.set_logit(at, candidates.logit(at) + bias.bias);
        }
    }
}

} // namespace conclave
