#include "chat/think_timer.hpp"

using namespace Qt::StringLiterals;

void ThinkTimer::add(const QString& text, qint64 tNs)
{
    if (m_closed)
        return;
    m_tail += text;
    if (!m_opened && m_tail.contains(u"<think>"_s))
        m_opened = true;
    if (m_opened && !m_beginNs)
        m_beginNs = tNs;
    if (m_opened && m_tail.contains(u"</think>"_s)) {
        m_closed = true;
        m_endNs = tNs;
    }
    m_tail = m_tail.right(7); // one less than </think>
}

std::optional<double> ThinkTimer::thinkMs() const
{
    if (!m_closed || !m_beginNs)
        return std::nullopt;
    return double(m_endNs - *m_beginNs) / 1e6;
}
