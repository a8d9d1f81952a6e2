#include "traced_picture.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace
{

/// The end of a scale that starts at 0, as its legend promises: a round number not below the highest value.
double roundEnd(double highest)
{
    for (int decade = -9; decade < 12; ++decade) {
        for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0}) {
            if (const double end = step * std::pow(10, decade); highest <= end * (1 + 1e-9))
                return end;
        }
    }
    return 1;
}

} // namespace

TracedPicture::TracedPicture(const conclave::Trace& trace)
    : m_experts(size_t(trace.header.n_experts)), m_k(size_t(trace.header.n_experts_used)),
      m_layers(trace.header.moe_layers.size()), m_counts(m_layers * m_experts)
{
    for (const conclave::TraceToken& token : trace.tokens) {
        if (!token.has_routes)
            continue;
        m_rows.push_back(&token);
        for (size_t i = 0; i < token.ids.size(); ++i)
            ++m_counts[i / m_k * m_experts + token.ids[i]];
    }
}

quint64 TracedPicture::sum() const
{
    return std::accumulate(m_counts.begin(), m_counts.end(), quint64(0));
}

std::vector<double> TracedPicture::values(MapMode mode, int halfLife) const
{
    std::vector<double> values(m_counts.begin(), m_counts.end());
    if (mode == MapModes::Lift) {
        for (double& value : values)
            value = std::log2(value * double(m_experts) / (double(m_k) * double(rows())));
    } else if (mode != MapModes::Total) {
        std::fill(values.begin(), values.end(), 0);
        double norm = 0;
        for (size_t row = 0; row < m_rows.size(); ++row) {
            const double age = double(m_rows.size() - 1 - row);
            const double share = mode == MapModes::Fading ? std::exp2(-age / halfLife) : age == 0 ? 1 : 0;
            norm += share;
            for (size_t i = 0; i < m_rows[row]->ids.size(); ++i)
                values[i / m_k * m_experts + m_rows[row]->ids[i]] += share * double(m_rows[row]->weights[i]);
        }
        for (double& value : values)
            value /= norm;
    }
    return values;
}

std::vector<std::optional<size_t>> TracedPicture::colours(MapMode mode, int halfLife) const
{
    const std::vector<double> shown = values(mode, halfLife);
    double low = -3, high = 3; // Lift: an eighth of a fair share to eight times it
    if (mode != MapModes::Lift) {
        low = 0;
        high = roundEnd(*std::max_element(shown.begin(), shown.end()));
    }
    std::vector<std::optional<size_t>> colours(shown.size());
    for (size_t i = 0; i < shown.size(); ++i) {
        if (m_counts[i] > 0)
            colours[i] = size_t(std::lround(std::clamp((shown[i] - low) / (high - low), 0.0, 1.0) * 255));
    }
    return colours;
}
