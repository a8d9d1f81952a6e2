#pragma once

#include <optional>
#include <vector>

#include "conclave/trace.hpp"
#include "inspector/map_mode.hpp"

/// The numbers behind the map of a whole run, from its trace by plain sums over its tokens: what the inspector counts
/// step by step must come to this.
class TracedPicture
{
public:
    explicit TracedPicture(const conclave::Trace& trace);

    quint64 rows() const { return m_rows.size(); }
    quint64 sum() const;
    quint64 count(size_t moeLayer, size_t expert) const { return m_counts[moeLayer * m_experts + expert]; }
    /// Place in a table of 256 colours of each cell [n_moe_layers, n_experts] after the run's last token; absent for an
    /// expert the run never used.
    std::vector<std::optional<size_t>> colours(MapMode mode, int halfLife) const;

private:
    std::vector<double> values(MapMode mode, int halfLife) const;

    size_t m_experts = 0, m_k = 0, m_layers = 0;
    std::vector<const conclave::TraceToken*> m_rows; ///< of the trace, which must outlive it
    std::vector<quint64> m_counts;
};
