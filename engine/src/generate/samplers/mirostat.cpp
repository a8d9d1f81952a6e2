#include "generate/samplers/mirostat.hpp"

#include <algorithm>
#include <cmath>

#include "generate/samplers/truncation.hpp"

namespace conclave
{

void Mirostat::begin(const SamplerOptions& options)
{
    m_version = options.mirostat;
    m_tau = static_cast<double>(options.mirostat_tau);
    m_eta = static_cast<double>(options.mirostat_eta);
    m_mu = 2 * m_tau;
}

/// k = (ε 2^μ / (1 - N^-ε))^(1 / ŝ) with ε = ŝ - 1 and ŝ fitted to the ratios of neighbouring probabilities.
void Mirostat::truncate_by_exponent(Candidates& candidates)
{
    const std::span<const Ranked> best = candidates.best(100);
    double products = 0, squares = 0;
    for (size_t i = 0; i + 1 < best.size(); ++i) {
        const double t = std::log(static_cast<double>(i + 2) / static_cast<double>(i + 1));
        const double b = static_cast<double>(best[i].value) - best[i + 1].value;
        products += t * b;
        squares += t * t;
    }
    const double exponent = squares > 0 ? products / squares : 1;
    const double epsilon = exponent - 1;
    const double n = candidates.count();
    const double k =
        std::pow(epsilon * std::exp2(m_mu) / (1 - std::pow(n, -epsilon)), 1 / exponent); // 0/0 when nothing decays
    if (k < n) {
        keep_top_k(candidates, static_cast<int>(k));
    }
}

void Mirostat::truncate(Candidates& candidates)
{
    if (m_version == 1) {
        truncate_by_exponent(candidates);
    } else {
        const double least = static_cast<double>(candidates.max()) + std::log(candidates.sum()) - m_mu * std::log(2.0);
        candidates.keep_at_least(static_cast<float>(least));
    }
}

void Mirostat::observe(double probability)
{
    m_mu -= m_eta * (-std::log2(probability) - m_tau);
}

} // namespace conclave
