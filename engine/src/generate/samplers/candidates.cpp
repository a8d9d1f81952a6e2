#include "generate/samplers/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "generate/samplers/exp_negative.hpp"

namespace conclave
{

namespace
{

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();
constexpr size_t block_size = Selector::block_size;

struct Weights {
    double sum, weighted;
};

/// Σ e and Σ e d of one block, with d = logit - max and e = exp(d). Written so that the compiler can vectorise it.
Weights weigh_block(std::span<const float> logits, float max)
{
    constexpr size_t n_lanes = 8;
    float e[block_size], weighted[block_size];
    for (size_t i = 0; i < logits.size(); ++i) {
        const float d = logits[i] - max;
        e[i] = exp_negative(d);
        weighted[i] = e[i] * (d < -87.0f ? -87.0f : d); // 0 × infinity is no number
    }
    std::fill(e + logits.size(), e + block_size, 0.0f);
    std::fill(weighted + logits.size(), weighted + block_size, 0.0f);
    for (size_t i = n_lanes; i < block_size; i += n_lanes) {
        for (size_t j = 0; j < n_lanes; ++j) {
            e[j] += e[i + j];
            weighted[j] += weighted[i + j];
        }
    }
    Weights out{0, 0};
    for (size_t j = 0; j < n_lanes; ++j) {
        out.sum += static_cast<double>(e[j]);
        out.weighted += static_cast<double>(weighted[j]);
    }
    return out;
}

} // namespace

Candidates::Candidates(size_t n_vocab)
    : m_logits(n_vocab), m_kept_logits(n_vocab), m_ids(n_vocab), m_kept_ids(n_vocab), m_selector(n_vocab),
      m_block_sum((n_vocab + block_size - 1) / block_size)
{
}

void Candidates::assign(std::span<const float> logits)
{
    CONCLAVE_CHECK(logits.size() == m_logits.size(), "one logit per token");
    for (size_t i = 0; i < logits.size(); ++i) {
        const float logit = logits[i] > minus_infinity ? logits[i] : minus_infinity; // false for NaN
        m_logits[i] = logit < std::numeric_limits<float>::max() ? logit : std::numeric_limits<float>::max();
    }
    std::iota(m_ids.begin(), m_ids.end(), 0);
    m_n = logits.size();
    m_whole = true;
    changed();
}

void Candidates::changed()
{
    m_looked = false;
    m_weighed = false;
}

size_t Candidates::find(int32_t id) const
{
    if (m_whole) {
        return id >= 0 && static_cast<size_t>(id) < m_n ? static_cast<size_t>(id) : none;
    }
    const auto end = m_ids.begin() + static_cast<std::ptrdiff_t>(m_n);
    const auto found = std::find(m_ids.begin(), end, id);
    return found == end ? none : static_cast<size_t>(found - m_ids.begin());
}

void Candidates::set_logit(size_t i, float logit)
{
    m_logits[i] = std::min(logit, std::numeric_limits<float>::max());
    m_weighed = false;
    if (m_looked) {
        m_selector.update(i);
    }
}

void Candidates::mask(std::span<const uint64_t> allowed)
{
    for (size_t i = 0; i < m_n; ++i) {
        const auto id = static_cast<size_t>(m_ids[i]);
        m_logits[i] = (allowed[id / 64] >> (id % 64) & 1) != 0 ? m_logits[i] : minus_infinity;
    }
    changed();
}

void Candidates::scale(float factor)
{
    for (size_t i = 0; i < m_n; ++i) {
        m_logits[i] = std::min(m_logits[i] * factor, std::numeric_limits<float>::max());
    }
    changed();
}

float Candidates::max()
{
    if (!m_looked) {
        m_selector.look(logits());
        m_looked = true;
    }
    return m_selector.max();
}

void Candidates::weigh()
{
    if (m_weighed) {
        return;
    }
    const float top = max();
    m_sum = m_weighted = 0;
    if (top > minus_infinity) {
        for (size_t b = 0, begin = 0; begin < m_n; ++b, begin += block_size) {
            const Weights weights = weigh_block(logits().subspan(begin, std::min(block_size, m_n - begin)), top);
            m_block_sum[b] = weights.sum;
            m_sum += weights.sum;
            m_weighted += weights.weighted;
        }
    }
    m_weighed = true;
}

double Candidates::sum()
{
    weigh();
    return m_sum;
}

double Candidates::entropy()
{
    weigh();
    return m_sum > 0 ? std::log(m_sum) - m_weighted / m_sum : 0;
}

double Candidates::probability(size_t i)
{
    return static_cast<double>(exp_negative(m_logits[i] - max())) / sum();
}

int Candidates::count()
{
    return static_cast<int>(std::ranges::count_if(logits(), [](float logit) { return logit > minus_infinity; }));
}

std::span<const Ranked> Candidates::best(size_t m)
{
    max(); // the selector has looked
    return m_selector.best(m);
}

void Candidates::keep(std::span<const Ranked> chosen)
{
    for (size_t i = 0; i < chosen.size(); ++i) {
        m_kept_logits[i] = m_logits[static_cast<size_t>(chosen[i].index)];
        m_kept_ids[i] = m_ids[static_cast<size_t>(chosen[i].index)];
    }
    m_logits.swap(m_kept_logits);
    m_ids.swap(m_kept_ids);
    m_n = chosen.size();
    m_whole = false;
    changed();
}

void Candidates::keep_at_least(float threshold)
{
    threshold = std::min(threshold, max());
    size_t kept = 0;
    for (size_t b = 0, begin = 0; begin < m_n; ++b, begin += block_size) {
        const size_t end = m_selector.reaches(b, threshold) ? std::min(begin + block_size, m_n) : begin;
        for (size_t i = begin; i < end; ++i) {
            if (m_logits[i] >= threshold) {
                m_logits[kept] = m_logits[i];
                m_ids[kept++] = m_ids[i];
            }
        }
    }
    m_whole = m_whole && kept == m_n;
    m_n = kept;
    changed();
}

size_t Candidates::draw(double u)
{
    double left = u * sum();
    const float top = max();
    for (size_t b = 0, begin = 0; begin < m_n; ++b, begin += block_size) {
        if (left >= m_block_sum[b] && begin + block_size < m_n) {
            left -= m_block_sum[b];
            continue;
        }
        const size_t end = std::min(begin + block_size, m_n);
        for (size_t i = begin; i < end; ++i) {
            const double weight = exp_negative(m_logits[i] - top);
            if (left < weight) {
                return i;
            }
            left -= weight;
        }
    }
    size_t last = m_n - 1; // rounding left a remainder after the last candidate
    while (last > 0 && exp_negative(m_logits[last] - top) == 0) {
        --last;
    }
    return last;
}

} // namespace conclave
