#include "conclave/utf8_stream.hpp"

#include "text/utf8.hpp"

namespace conclave
{

std::string_view Utf8Stream::push(std::string_view bytes)
{
    m_out.clear();
    m_pending.append(bytes);
    const size_t tail = append_whole(m_pending, m_out);
    m_pending.erase(0, m_pending.size() - tail);
    return m_out;
}

std::string_view Utf8Stream::finish()
{
    m_out.clear();
    if (!m_pending.empty()) {
        append_replacement(m_out);
        m_pending.clear();
    }
    return m_out;
}

} // namespace conclave
