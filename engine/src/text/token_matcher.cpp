#include "text/token_matcher.hpp"

#include <algorithm>
#include <functional>

namespace conclave
{
namespace
{

constexpr size_t max_text_bytes = 512;

size_t two_bytes(std::string_view text, size_t begin)
{
    const size_t first = static_cast<uint8_t>(text[begin]);
    const size_t second = begin + 1 < text.size() ? static_cast<uint8_t>(text[begin + 1]) : 0;
    return first << 8 | second;
}

} // namespace

void TokenMatcher::add(std::string_view text, int32_t id)
{
    if (text.empty() || text.size() > max_text_bytes || !m_ids.try_emplace(std::string(text), id).second) {
        return;
    }
    if (std::find(m_sizes.begin(), m_sizes.end(), text.size()) == m_sizes.end()) {
        m_sizes.insert(std::lower_bound(m_sizes.begin(), m_sizes.end(), text.size(), std::greater<>()), text.size());
    }
    if (text.size() > 1) {
        m_first_two.set(two_bytes(text, 0));
        return;
    }
    for (size_t second = 0; second < 256; ++second) {
        m_first_two.set(static_cast<size_t>(static_cast<uint8_t>(text[0])) << 8 | second);
    }
}

TokenMatcher::Match TokenMatcher::at(std::string_view text, size_t begin) const
{
    if (begin < text.size() && m_first_two.test(two_bytes(text, begin))) {
        for (const size_t size : m_sizes) {
            if (size > text.size() - begin) {
                continue;
            }
            if (const auto it = m_ids.find(text.substr(begin, size)); it != m_ids.end()) {
                return {begin, size, it->second};
            }
        }
    }
    return {};
}

TokenMatcher::Match TokenMatcher::find(std::string_view text, size_t begin) const
{
    for (; begin < text.size(); ++begin) {
        if (const Match match = at(text, begin); match.id >= 0) {
            return match;
        }
    }
    return {};
}

} // namespace conclave
