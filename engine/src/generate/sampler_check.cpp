#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "generate/sampler.hpp"

namespace conclave
{

namespace
{

struct Range {
    float value, min, max;
    const char* sentence;
};

/// The first value outside its range, or null.
const char* outside(const SamplerOptions& options)
{
    const std::array ranges = {
        Range{options.temperature, 0, 100, "the temperature must be 0 to 100 (0 takes the most probable token)"},
        Range{options.dynatemp_range, 0, 100, "the range of the dynamic temperature must be 0 to 100 (0 turns it off)"},
        Range{options.dynatemp_exponent, 0.01f, 100, "the exponent of the dynamic temperature must be 0.01 to 100"},
        Range{options.top_p, 0, 1, "top-p must be 0 to 1 (1 turns it off)"},
        Range{options.min_p, 0, 1, "min-p must be 0 to 1 (0 turns it off)"},
        Range{options.typical_p, 0, 1, "typical-p must be 0 to 1 (1 turns it off)"},
        Range{options.top_n_sigma, 0, 100, "top-n-sigma must be 0 to 100 (0 turns it off)"},
        Range{options.xtc_probability, 0, 1, "the XTC probability must be 0 to 1 (0 turns it off)"},
        Range{options.xtc_threshold, 0, 1, "the XTC threshold must be 0 to 1 (above 0.5 it removes nothing)"},
        Range{options.repetition_penalty, 0.01f, 100, "the repetition penalty must be 0.01 to 100 (1 turns it off)"},
        Range{options.presence_penalty, -100, 100, "the presence penalty must be -100 to 100 (0 turns it off)"},
        Range{options.frequency_penalty, -100, 100, "the frequency penalty must be -100 to 100 (0 turns it off)"},
        Range{options.dry_multiplier, 0, 100, "the DRY multiplier must be 0 to 100 (0 turns it off)"},
        Range{options.dry_base, 1, 100, "the DRY base must be 1 to 100"},
        Range{options.mirostat_tau, 0, 100, "the target surprise of Mirostat must be 0 to 100 bits"},
        Range{options.mirostat_eta, 0, 1, "the learning rate of Mirostat must be 0 to 1"},
    };
    const auto wrong = std::ranges::find_if(ranges, [](const Range& range) {
        return !(range.value >= range.min && range.value <= range.max); // true for NaN
    });
    return wrong == ranges.end() ? nullptr : wrong->sentence;
}

const char* wrong_count(const SamplerOptions& options)
{
    if (options.top_k < 0) {
        return "top-k must not be negative (0 turns it off)";
    }
    if (options.repetition_window < -1) {
        return "the repetition window must not be negative (-1 looks at all of the context)";
    }
    if (options.dry_window < -1) {
        return "the DRY window must not be negative (-1 looks at all of the context)";
    }
    if (options.dry_allowed_length < 1) {
        return "the allowed length of DRY must be at least 1";
    }
    if (std::ranges::any_of(options.dry_breakers, &std::string::empty)) {
        return "a breaker of DRY must not be empty, because every token would break";
    }
    if (options.mirostat < 0 || options.mirostat > 2) {
        return "Mirostat must be 0 (off), 1 or 2";
    }
    return nullptr;
}

const char* wrong_order(const std::vector<SamplerStage>& order)
{
    for (auto it = order.begin(); it != order.end(); ++it) {
        if (*it == SamplerStage::grammar || *it == SamplerStage::logit_bias || *it == SamplerStage::mirostat) {
            return "grammar, logit bias and Mirostat have their fixed places and cannot stand in the order of samplers";
        }
        if (std::find(order.begin(), it, *it) != it) {
            return "a sampler stands twice in the order; name each at most once";
        }
    }
    return nullptr;
}

} // namespace

Result<void> Sampler::check(const SamplerOptions& options, int n_vocab)
{
    for (const char* wrong : {outside(options), wrong_count(options), wrong_order(options.order)}) {
        if (wrong) {
            return Error{ErrorCode::invalid_argument, wrong};
        }
    }
    for (const LogitBias& bias : options.logit_bias) {
        if (bias.id < 0 || bias.id >= n_vocab) {
            return Error{ErrorCode::invalid_argument, "the logit bias of token " + std::to_string(bias.id) +
                                                          " is outside this model's vocabulary of " +
                                                          std::to_string(n_vocab)};
        }
        if (std::isnan(bias.bias) || bias.bias == std::numeric_limits<float>::infinity()) {
            return Error{ErrorCode::invalid_argument, "the logit bias of token " + std::to_string(bias.id) +
                                                          " must be a number, or minus infinity to ban it"};
        }
    }
    return {};
}

} // namespace conclave
