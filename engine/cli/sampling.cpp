#include "sampling.hpp"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>

namespace conclave::cli
{

const char* stop_name(StopReason reason)
{
    switch (reason) {
    case StopReason::end_of_text:
        return "end_of_text";
    case StopReason::max_tokens:
        return "max_tokens";
    case StopReason::context_full:
        return "context_full";
    case StopReason::stopped:
        return "stopped";
    }
    return "";
}

void add_sampling(CLI::App& command, Sampling& sampling)
{
    SamplerOptions& sampler = sampling.sampler;
    command.add_option("--seed", sampler.seed, "the same seed gives the same answer");
    command.add_option("--temp", sampler.temperature, "temperature; 0 takes the most probable token")
        ->capture_default_str();
    command.add_option("--top-k", sampler.top_k, "keep the k most probable; 0: off")->capture_default_str();
    command.add_option("--top-p", sampler.top_p, "keep the most probable that reach p; 1: off")->capture_default_str();
    command.add_option("--min-p", sampler.min_p, "keep what has p times the best one's probability; 0: off")
        ->capture_default_str();
    command.add_option("--repetition-penalty", sampler.repetition_penalty, "1: off")->capture_default_str();
    command.add_option("-n,--max-tokens", sampling.max_tokens, "tokens to generate at most; -1: no limit")
        ->check(CLI::Range(-1, 1 << 24));
    command.add_option("--ctx", sampling.n_ctx, "tokens of context; 0: the model's, at most 4096")
        ->check(CLI::Range(0, 1 << 24));
    command.add_option("--n-top", sampling.n_top, "alternatives reported per token")->check(CLI::Range(0, 64));
}

} // namespace conclave::cli
