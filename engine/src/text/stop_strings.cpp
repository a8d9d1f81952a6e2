#include "text/stop_strings.hpp"

#include <algorithm>

namespace conclave
{

namespace
{

/// Bytes at the end of `text` that `string` may go on from.
size_t begun(std::string_view text, std::string_view string)
{
    size_t n = std::min(text.size(), string.size() - 1);
    while (n > 0 && !text.ends_with(string.substr(0, n))) {
        --n;
    }
    return n;
}

} // namespace

void StopStrings::begin(std::vector<std::string> strings)
{
    m_strings = std::move(strings);
    m_held.clear();
    m_found = false;
}

std::string_view StopStrings::push(std::string_view text)
{
    if (m_strings.empty()) {
        return text;
    }
    m_out.clear();
    if (m_found) {
        return m_out;
    }
    m_held += text;
    size_t first = 0, end = std::string::npos, held = 0;
    for (const std::string& string : m_strings) {
        const size_t at = m_held.find(string);
        if (at != std::string::npos && (at + string.size() < end || (at + string.size() == end && at < first))) {
            first = at;
            end = at + string.size();
        }
        held = std::max(held, begun(m_held, string));
    }
    m_found = end != std::string::npos;
    const size_t n_out = m_found ? first : m_held.size() - held;
    m_out.assign(m_held, 0, n_out);
    m_held.erase(0, m_found ? m_held.size() : n_out);
    return m_out;
}

std::string_view StopStrings::finish()
{
    m_out.swap(m_held);
    m_held.clear();
    return m_out;
}

} // namespace conclave
