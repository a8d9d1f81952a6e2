#include "generate/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "generate/samplers/temperature.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{

namespace
{

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();
constexpr size_t max_reports = 13; // the model's own distribution and every stage

/// Does not only remove: what stays gets another logit.
bool changes_logits(SamplerStage stage)
{
    return stage == SamplerStage::penalties || stage == SamplerStage::dry;
}

} // namespace

Sampler::Sampler(int n_vocab, int n_top_max, int n_ctx, const Tokenizer* tokenizer)
    : m_n_vocab(static_cast<size_t>(n_vocab)), m_n_ctx(static_cast<size_t>(n_ctx)), m_tokenizer(tokenizer),
      m_candidates(m_n_vocab), m_penalties(m_n_vocab), m_top(static_cast<size_t>(n_top_max))
{
}

void Sampler::begin(const SamplerRun& run)
{
    m_options = run.options;
    m_random = Random(run.seed);
    m_n_top = static_cast<size_t>(std::max(run.n_top, 0));
    m_n_top = std::min({m_n_top, m_top.size(), m_n_vocab});
    m_n_inspect = static_cast<size_t>(std::max(run.n_inspect, 0));
    m_n_inspect = std::min({m_n_inspect, m_top.size(), m_n_vocab});
    m_reports.clear();
    m_reports.reserve(m_n_inspect > 0 ? max_reports : 0);
    m_report_top.resize(m_n_inspect * max_reports);
    m_mirostat.begin(m_options);
    if (is_on(SamplerStage::dry)) {
        if (!m_dry) {
            m_dry = std::make_unique<Dry>(m_n_vocab, m_n_ctx);
        }
        m_dry->set_breakers(m_options.dry_breakers, m_tokenizer);
    }
    if (is_on(SamplerStage::typical_p) && !m_typical_p) {
        m_typical_p = std::make_unique<TypicalP>(m_n_vocab);
    }
}

bool Sampler::is_on(SamplerStage stage) const
{
    switch (stage) {
    case SamplerStage::penalties:
        return Penalties::is_on(m_options);
    case SamplerStage::dry:
        return m_options.dry_multiplier > 0;
    case SamplerStage::top_n_sigma:
        return m_options.top_n_sigma > 0;
    case SamplerStage::top_k:
        return m_options.top_k > 0;
    case SamplerStage::typical_p:
        return m_options.typical_p < 1;
    case SamplerStage::top_p:
        return m_options.top_p < 1;
    case SamplerStage::min_p:
        return m_options.min_p > 0;
    case SamplerStage::xtc:
        return m_options.xtc_probability > 0 && m_options.xtc_threshold <= 0.5f;
    case SamplerStage::temperature:
        return m_options.temperature != 1 || m_options.dynatemp_range > 0;
    case SamplerStage::logit_bias:
        return !m_options.logit_bias.empty();
    case SamplerStage::mirostat:
        return m_options.mirostat > 0;
    case SamplerStage::grammar:
        break; // on when it has something to say, which draw knows
    }
    return false;
}

void Sampler::apply(SamplerStage stage, std::span<const int32_t> recent)
{
    switch (stage) {
    case SamplerStage::logit_bias:
        return apply_logit_bias(m_candidates, m_options.logit_bias);
    case SamplerStage::penalties:
        return m_penalties.apply(m_candidates, recent, m_options);
    case SamplerStage::dry:
        return m_dry->apply(m_candidates, recent, m_options);
    case SamplerStage::top_n_sigma:
        return keep_top_n_sigma(m_candidates, static_cast<double>(m_options.top_n_sigma));
    case SamplerStage::top_k:
        return keep_top_k(m_candidates, m_options.top_k);
    case SamplerStage::typical_p:
        return m_typical_p->keep(m_candidates, static_cast<double>(m_options.typical_p));
    case SamplerStage::top_p:
        return keep_top_p(m_candidates, static_cast<double>(m_options.top_p));
    case SamplerStage::min_p:
        return keep_min_p(m_candidates, static_cast<double>(m_options.min_p));
    case SamplerStage::xtc:
        if (m_random.uniform() < static_cast<double>(m_options.xtc_probability)) {
            exclude_top_choices(m_candidates, static_cast<double>(m_options.xtc_threshold));
        }
        return;
    case SamplerStage::temperature:
        if (m_options.dynatemp_range > 0) {
            return apply_dynamic_temperature(m_candidates, {static_cast<double>(m_options.temperature),
                                                            static_cast<double>(m_options.dynatemp_range),
                                                            static_cast<double>(m_options.dynatemp_exponent)});
        }
        return apply_temperature(m_candidates, static_cast<double>(m_options.temperature));
    case SamplerStage::mirostat:
        return m_mirostat.truncate(m_candidates);
    case SamplerStage::grammar:
        return;
    }
}

/// The best of the candidates with their log-probabilities, most probable first.
void Sampler::copy_top(std::span<TokenAlternative> top, size_t& n)
{
    const double log_sum = std::log(std::max(m_candidates.sum(), std::numeric_limits<double>::min()));
    const double best = m_candidates.max() > minus_infinity ? static_cast<double>(m_candidates.max()) : 0;
    const std::span<const Ranked> ranked = m_candidates.best(top.size());
    n = ranked.size();
    for (size_t i = 0; i < n; ++i) {
        top[i] = {m_candidates.id(static_cast<size_t>(ranked[i].index)),
                  static_cast<float>(static_cast<double>(ranked[i].value) - best - log_sum)};
    }
}

void Sampler::report(std::optional<SamplerStage> stage)
{
    if (m_n_inspect == 0) {
        return;
    }
    const auto top = std::span(m_report_top).subspan(m_reports.size() * m_n_inspect, m_n_inspect);
    size_t n = 0;
    copy_top(top, n);
    m_reports.push_back({stage, m_candidates.count(), m_candidates.entropy(), top.first(n)});
}

int32_t Sampler::draw(std::span<const int32_t> recent, std::span<const uint64_t> allowed)
{
    const auto run = [&](SamplerStage stage) {
        if (is_on(stage) && m_candidates.max() > minus_infinity) {
            apply(stage, recent);
            report(stage);
        }
    };
    report({});
    if (!allowed.empty()) {
        m_candidates.mask(allowed);
        report(SamplerStage::grammar);
    }
    run(SamplerStage::logit_bias);
    const bool greedy = m_options.temperature == 0 && m_options.dynatemp_range == 0;
    const bool mirostat = is_on(SamplerStage::mirostat) && !greedy;
    for (const SamplerStage stage : m_options.order) {
        if (changes_logits(stage) || (!greedy && !mirostat) || (mirostat && stage == SamplerStage::temperature)) {
            run(stage);
        }
    }
    if (greedy || m_candidates.max() == minus_infinity) {
        const std::span<const Ranked> best = m_candidates.best(1);
        return m_candidates.id(best.empty() ? 0 : static_cast<size_t>(best[0].index));
    }
    if (mirostat) {
        run(SamplerStage::mirostat);
    }
    const size_t drawn = m_candidates.draw(m_random.uniform());
    if (mirostat) {
        m_mirostat.observe(m_candidates.probability(drawn));
    }
    return m_candidates.id(drawn);
}

Sampled Sampler::sample(std::span<const float> logits, std::span<const int32_t> recent,
                        std::span<const uint64_t> allowed)
{
    m_candidates.assign(logits);
    m_reports.clear();
    size_t n_top = 0;
    copy_top(std::span(m_top).first(m_n_top), n_top);
    const double entropy = m_candidates.entropy();
    const double sum = m_candidates.sum();
    const double normalizer = sum > 0 ? static_cast<double>(m_candidates.max()) + std::log(sum) : 0;
    const int32_t id = draw(recent, allowed);
    const float logit = logits[static_cast<size_t>(id)];
    const double logprob = std::min(static_cast<double>(logit), static_cast<double>(std::numeric_limits<float>::max()));
    return {id,
            std::isnan(logit) ? minus_infinity : static_cast<float>(logprob - normalizer),
            static_cast<float>(entropy),
            {m_top.data(), n_top},
            m_reports};
}

} // namespace conclave
