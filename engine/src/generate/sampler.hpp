#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "conclave/result.hpp"
#include "conclave/sampling.hpp"
#include "generate/random.hpp"
#include "generate/samplers/candidates.hpp"
#include "generate/samplers/dry.hpp"
#include "generate/samplers/mirostat.hpp"
#include "generate/samplers/penalties.hpp"
#include "generate/samplers/typical_p.hpp"

namespace conclave
{

/// What the model's own distribution (temperature 1, nothing removed) says of one token. Views live until the next
/// call.
struct Sampled {
    int32_t id = 0;
    float logprob = 0;
    float entropy = 0;                     ///< nats
    std::span<const TokenAlternative> top; ///< most probable first
    std::span<const SamplerReport> stages; ///< the model's own distribution and what each stage left; empty unless
                                           ///< asked for
};

/// What one answer is sampled with.
struct SamplerRun {
    const SamplerOptions& options;
    uint64_t seed = 0;
    int n_top = 0;     ///< alternatives of the model's own distribution
    int n_inspect = 0; ///< tokens reported per stage; 0: no report
};

/// Chooses tokens by the chain of SamplerOptions. Part of what a seed means: XTC, where it is on, takes one
/// uniform number; then one is mapped by the inverse cumulative distribution over what is left, most
/// probable first after top-k and top-p, most typical first after typical-p, in order of id otherwise. Ties go to the
/// lower id; a NaN logit counts as minus infinity. No allocation after begin.
class Sampler
{
public:
    /// `tokenizer` may be null: then no text breaks a repeat for DRY, and it must outlive this.
    Sampler(int n_vocab, int n_top_max, int n_ctx, const Tokenizer* tokenizer);

    /// Errors: invalid_argument, naming the option and its range.
    static Result<void> check(const SamplerOptions& options, int n_vocab);
    void begin(const SamplerRun& run);
    /// logits [n_vocab]; recent: the tokens before this one, at most n_ctx; allowed: a bit a token that a grammar
    /// leaves, at least one set, or empty: all.
    Sampled sample(std::span<const float> logits, std::span<const int32_t> recent,
                   std::span<const uint64_t> allowed = {});

private:
    int32_t draw(std::span<const int32_t> recent, std::span<const uint64_t> allowed);
    void apply(SamplerStage stage, std::span<const int32_t> recent);
    bool is_on(SamplerStage stage) const;
    void report(std::optional<SamplerStage> stage);
    void copy_top(std::span<TokenAlternative> top, size_t& n);

    const size_t m_n_vocab, m_n_ctx;
    const Tokenizer* const m_tokenizer;
    SamplerOptions m_options;
    Random m_random{0};
    Candidates m_candidates;
    Penalties m_penalties;
    Mirostat m_mirostat;
    std::unique_ptr<Dry> m_dry;            ///< made when first asked for
    std::unique_ptr<TypicalP> m_typical_p; ///< made when first asked for
    std::vector<TokenAlternative> m_top;
    size_t m_n_top = 0;
    std::vector<SamplerReport> m_reports;
    std::vector<TokenAlternative> m_report_top; ///< [stages, m_n_inspect]
    size_t m_n_inspect = 0;
};

} // namespace conclave
