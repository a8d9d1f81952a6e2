#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conclave
{

/// What may change the distribution between the model and the choice of a token. `grammar` and `logit_bias` always come
/// first and `mirostat` last; what stands between them is SamplerOptions::order.
enum class SamplerStage : uint8_t {
    grammar,
    logit_bias,
    penalties,
    dry,
    top_n_sigma,
    top_k,
    typical_p,
    top_p,
    min_p,
    xtc,
    temperature,
    mirostat
};

/// The name users of llama.cpp know ("top_k", "typ_p", ...).
const char* sampler_stage_name(SamplerStage stage);
/// Absent for a name that no stage has.
std::optional<SamplerStage> sampler_stage(std::string_view name);

struct LogitBias {
    int32_t id = 0;
    float bias = 0; ///< added to the logit; -infinity bans the token
};

/// How a token is chosen. Every stage but temperature and top-p is off by default; where a stage is a published method
/// the names and the meaning are the published ones. Temperature 0 is greedy: the highest logit after bias, penalties
/// and DRY, whatever else is set.
struct SamplerOptions {
    float temperature = 0.7f;       ///< 0: greedy
    float dynatemp_range = 0.0f;    ///< 0: off; else the temperature follows the entropy within temperature ± range
    float dynatemp_exponent = 1.0f; ///< of the normalised entropy (kalomaze, "dynamic temperature"; llama.cpp temp_ext)
    int top_k = 0;                  ///< 0: off; keeps the k most probable (Fan et al. 2018, arXiv:1805.04833)
    float top_p = 0.95f;            ///< 1: off; the fewest that reach p (Holtzman et al. 2020, arXiv:1904.09751)
    float min_p = 0.0f;             ///< 0: off; at least p times the best (Nguyen et al. 2024, arXiv:2407.01082)
    float typical_p = 1.0f;         ///< 1: off; nearest to the entropy (Meister et al. 2022, arXiv:2202.00666)
    float top_n_sigma = 0.0f;       ///< 0: off; logits within n deviations of the best (Tang et al., arXiv:2411.07641)
    float xtc_probability = 0.0f;   ///< 0: off; chance that XTC removes all but the least of the likely tokens ...
    float xtc_threshold = 0.1f;     ///< ... with at least this probability (text-generation-webui pull request 6335)
    float repetition_penalty = 1.0f; ///< 1: off; divides positive logits (Keskar et al. 2019, arXiv:1909.05858)
    float presence_penalty = 0.0f;   ///< 0: off; subtracted once from what came (OpenAI API reference)
    float frequency_penalty = 0.0f;  ///< 0: off; subtracted once for each time it came (OpenAI API reference)
    int repetition_window = 64;      ///< tokens the three penalties look back over; -1: all
    float dry_multiplier = 0.0f; ///< 0: off; DRY takes multiplier × base^(length - allowed length) from a token that
    float dry_base = 1.75f;      ///< would repeat a run longer (text-generation-webui pull request 5677)
    int dry_allowed_length = 2;  ///< the longest repeat that costs nothing is one shorter
    int dry_window = -1;         ///< tokens it looks back over; -1: all
    std::vector<std::string> dry_breakers = {"\n", ":", "\"", "*"}; ///< a token with one of them ends a repeat
    int mirostat = 0;          ///< 0: off; 1 or 2: the version (Basu et al. 2021, arXiv:2007.14966), in place of every
    float mirostat_tau = 5.0f; ///< truncation and of XTC; the surprise aimed at, in bits
    float mirostat_eta = 0.1f; ///< learning rate
    std::vector<LogitBias> logit_bias = {};
    /// Each stage at most once; one that is left out is not applied. The default is llama.cpp's.
    std::vector<SamplerStage> order = {SamplerStage::penalties, SamplerStage::dry,       SamplerStage::top_n_sigma,
                                       SamplerStage::top_k,     SamplerStage::typical_p, SamplerStage::top_p,
                                       SamplerStage::min_p,     SamplerStage::xtc,       SamplerStage::temperature};
    std::optional<uint64_t> seed = {}; ///< absent: a fresh one, reported in Stats
};

struct TokenAlternative {
    int32_t id = 0;
    float logprob = 0; ///< natural logarithm, of the model's own distribution at temperature 1
};

/// The distribution a stage left; what it found is what the one before it left. Views are valid during the call.
struct SamplerReport {
    std::optional<SamplerStage> stage;     ///< absent: the model's own distribution
    int n_candidates = 0;                  ///< tokens that could still be chosen
    double entropy = 0;                    ///< nats
    std::span<const TokenAlternative> top; ///< the most probable; logprob is of this distribution
};

} // namespace conclave
