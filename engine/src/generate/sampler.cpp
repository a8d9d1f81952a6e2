#include "generate/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace conclave
{

namespace
{

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

bool within(float value, float min, float max)
{
    return value >= min && value <= max; // false for NaN
}

} // namespace

Sampler::Sampler(int n_vocab, int n_top_max)
    : m_candidates(static_cast<size_t>(n_vocab)), m_top(static_cast<size_t>(n_top_max))
{
}

Result<void> Sampler::check(const SamplerOptions& options)
{
    const char* wrong = nullptr;
    if (!within(options.temperature, 0, 100)) {
        wrong = "the temperature must be 0 to 100 (0 takes the most probable token)";
    } else if (options.top_k < 0) {
        wrong = "top-k must not be negative (0 turns it off)";
    } else if (!within(options.top_p, 0, 1)) {
        wrong = "top-p must be 0 to 1 (1 turns it off)";
    } else if (!within(options.min_p, 0, 1)) {
        wrong = "min-p must be 0 to 1 (0 turns it off)";
    } else if (!within(options.repetition_penalty, 0.01f, 100)) {
        wrong = "the repetition penalty must be 0.01 to 100 (1 turns it off)";
    } else if (options.repetition_window < 0) {
        wrong = "the repetition window must not be negative";
    }
    if (wrong) {
        return Error{ErrorCode::invalid_argument, wrong};
    }
    return {};
}

void Sampler::begin(const SamplerOptions& options, uint64_t seed, int n_top)
{
    m_options = options;
    m_random = Random(seed);
    m_n_top = std::min(static_cast<size_t>(std::max(n_top, 0)), m_top.size());
}

void Sampler::describe(std::span<const float> logits)
{
    m_best = minus_infinity;
    size_t held = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
        const float logit = logits[i];
        m_best = std::max(m_best, logit);
        if (m_n_top == 0 || (held == m_n_top && !(logit > m_top[held - 1].logprob))) {
            continue;
        }
        size_t at = held < m_n_top ? held++ : held - 1;
        for (; at > 0 && logit > m_top[at - 1].logprob; --at) {
            m_top[at] = m_top[at - 1];
        }
        m_top[at] = {static_cast<int32_t>(i), logit};
    }
    double sum = 0, weighted = 0;
    for (const float logit : logits) {
        const double d = static_cast<double>(logit) - m_best;
        if (d > -745) { // below, exp is zero
            const double e = std::exp(d);
            sum += e;
            weighted += e * d;
        }
    }
    m_sum = sum;
    m_log_sum = sum > 0 ? std::log(sum) : 0;
    m_entropy = sum > 0 ? m_log_sum - weighted / sum : 0;
    for (size_t i = 0; i < m_n_top; ++i) {
        m_top[i].logprob = static_cast<float>(static_cast<double>(m_top[i].logprob) - m_best - m_log_sum);
    }
}

void Sampler::penalize(std::span<const int32_t> recent)
{
    if (m_options.repetition_penalty == 1) {
        return;
    }
    const size_t window = std::min(recent.size(), static_cast<size_t>(m_options.repetition_window));
    const std::span<const int32_t> last = recent.last(window);
    for (auto it = last.begin(); it != last.end(); ++it) {
        if (static_cast<size_t>(*it) >= m_candidates.size() || std::find(last.begin(), it, *it) != it) {
            continue; // once per token, however often it came
        }
        float& logit = m_candidates[static_cast<size_t>(*it)].logit;
        logit = logit > 0 ? logit / m_options.repetition_penalty : logit * m_options.repetition_penalty;
    }
}

/// Sorts the best n candidates to the front; what is already sorted stays.
void Sampler::order(size_t n)
{
    if (n <= m_ordered) {
        return;
    }
    const auto from = m_candidates.begin() + static_cast<std::ptrdiff_t>(m_ordered);
    const auto to = m_candidates.begin() + static_cast<std::ptrdiff_t>(n);
    if (n < m_candidates.size()) {
        std::nth_element(from, to, m_candidates.end(), better);
    }
    std::sort(from, to, better);
    m_ordered = n;
}

/// The fewest of the first n whose probabilities reach top_p of `total`, looking at more only as needed.
size_t Sampler::keep_top_p(size_t n, double total)
{
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
        if (i == m_ordered) {
            order(std::min(n, std::max<size_t>(64, m_ordered * 8)));
        }
        sum += std::exp(static_cast<double>(m_candidates[i].logit) - m_candidates[0].logit);
        if (sum >= m_options.top_p * total) {
            return i + 1;
        }
    }
    return n;
}

int32_t Sampler::draw(std::span<const float> logits, std::span<const int32_t> recent)
{
    for (size_t i = 0; i < logits.size(); ++i) {
        m_candidates[i] = {logits[i], static_cast<int32_t>(i)};
    }
    m_ordered = 0;
    penalize(recent);
    size_t n = m_candidates.size();
    const auto best = std::min_element(m_candidates.begin(), m_candidates.end(), better);
    if (m_options.temperature == 0 || best->logit == minus_infinity) {
        return best->id;
    }
    const float top = best->logit;
    if (m_options.top_k > 0) {
        n = std::min(n, static_cast<size_t>(m_options.top_k));
        order(n);
    }
    if (m_options.top_p < 1) {
        double total = m_sum; // of all candidates as they came; summed anew when that is not what is left
        if (n < m_candidates.size() || m_options.repetition_penalty != 1) {
            total = 0;
            for (size_t i = 0; i < n; ++i) {
                total += std::exp(static_cast<double>(m_candidates[i].logit) - top);
            }
        }
        order(std::min<size_t>(n, 64));
        n = keep_top_p(n, total);
    }
    if (m_options.min_p > 0) {
        const double least = top + std::log(static_cast<double>(m_options.min_p));
        size_t kept = 0;
        for (size_t i = 0; i < n; ++i) {
            if (m_candidates[i].logit >= least || m_candidates[i].logit == top) {
                m_candidates[kept++] = m_candidates[i];
            }
        }
        n = kept;
    }
    const auto weight = [&](size_t i) {
        return std::exp((static_cast<double>(m_candidates[i].logit) - top) / m_options.temperature);
    };
    double total = 0;
    for (size_t i = 0; i < n; ++i) {
        total += weight(i);
    }
    double left = m_random.uniform() * total;
    size_t last = 0;
    for (size_t i = 0; i < n; ++i) {
        const double w = weight(i);
        if (w > 0) {
            last = i; // rounding may leave a remainder after the last candidate
            if (left < w) {
                break;
            }
        }
        left -= w;
    }
    return m_candidates[last].id;
}

Sampled Sampler::sample(std::span<float> logits, std::span<const int32_t> recent)
{
    CONCLAVE_CHECK(logits.size() == m_candidates.size(), "one logit per token");
    for (float& logit : logits) {
        if (std::isnan(logit)) {
            logit = minus_infinity;
        }
        logit = std::min(logit, std::numeric_limits<float>::max());
    }
    describe(logits);
    const int32_t id = draw(logits, recent);
    const double logprob = static_cast<double>(logits[static_cast<size_t>(id)]) - m_best - m_log_sum;
    return {id, static_cast<float>(logprob), static_cast<float>(m_entropy), {m_top.data(), m_n_top}};
}

} // namespace conclave
