#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "generate/samplers/selector.hpp"

namespace conclave
{

/// The tokens that can still be chosen, with their logits: at first the whole vocabulary in order of id, later what the
/// stages left. Never empty. No allocation after construction.
class Candidates
{
public:
    static constexpr size_t none = std::numeric_limits<size_t>::max();

    explicit Candidates(size_t n_vocab);

    /// The whole vocabulary; NaN counts as -infinity, +infinity as the largest number.
    void assign(std::span<const float> logits);
    size_t size() const { return m_n; }
    float logit(size_t i) const { return m_logits[i]; }
    int32_t id(size_t i) const { return m_ids[i]; }
    std::span<const float> logits() const { return {m_logits.data(), m_n}; }
    /// Where a token is; `none` when it was removed. Constant time while the vocabulary is whole.
    size_t find(int32_t id) const;
    void set_logit(size_t i, float logit);
    /// Tokens without their bit in `allowed` [at least n_vocab bits] get -infinity.
    void mask(std::span<const uint64_t> allowed);
    /// Multiplies every logit; factor > 0.
    void scale(float factor);

    /// The highest logit; -infinity when nothing can be chosen.
    float max();
    /// Σ exp(logit - max).
    double sum();
    double entropy(); ///< nats
    double probability(size_t i);
    /// Candidates above -infinity.
    int count();

    /// The m best as {logit, index}, best first, ties to the earlier. Valid until the next change.
    std::span<const Ranked> best(size_t m);
    /// Keeps those with the index of these, in this order.
    void keep(std::span<const Ranked> chosen);
    /// Keeps what has at least `threshold`, and the best in any case; the order stays.
    void keep_at_least(float threshold);
    /// Keeps index i when keep(i); at least one must stay. The order stays.
    template <class Keep>
    void keep_if(Keep keep);

    /// The index that u in [0, 1) falls on in the cumulative distribution, candidates in their order.
    size_t draw(double u);

private:
    void changed();
    void weigh();

    std::vector<float> m_logits, m_kept_logits;
    std::vector<int32_t> m_ids, m_kept_ids;
    size_t m_n = 0;
    bool m_whole = false; ///< index = id
    Selector m_selector;
    bool m_looked = false;
    std::vector<double> m_block_sum; ///< Σ exp(logit - max) of each block, valid while m_weighed
    bool m_weighed = false;
    double m_sum = 0, m_weighted = 0; ///< Σ e, Σ e (logit - max), with e = exp(logit - max)
};

template <class Keep>
void Candidates::keep_if(Keep keep)
{
    size_t kept = 0;
    for (size_t i = 0; i < m_n; ++i) {
        if (keep(i)) {
            m_logits[kept] = m_logits[i];
            m_ids[kept++] = m_ids[i];
        }
    }
    m_whole = m_whole && kept == m_n;
    m_n = kept;
    changed();
}

} // namespace conclave
