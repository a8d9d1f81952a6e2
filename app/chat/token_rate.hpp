#pragma once

#include <QtTypes>

#include <deque>
#include <optional>

/// Tokens per second over the last second of a run. Constant work per token.
class TokenRate
{
public:
    void add(qint64 tNs)
    {
        m_times.push_back(tNs);
        while (m_times.back() - m_times.front() > windowNs)
            m_times.pop_front();
    }
    void clear() { m_times.clear(); }
    /// Absent below two tokens.
    std::optional<double> perSecond() const
    {
        if (m_times.size() < 2 || m_times.back() == m_times.front())
            return std::nullopt;
        return double(m_times.size() - 1) * 1e9 / double(m_times.back() - m_times.front());
    }

private:
    static constexpr qint64 windowNs = 1'000'000'000;
    std::deque<qint64> m_times;
};
