#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conclave
{

/// Finds the first of several strings to be complete (of two that end together the longer) in a text that comes in
/// pieces, and holds back what may still be the beginning of one.
/// No allocation once its buffers have grown.
class StopStrings
{
public:
    /// A new text. No string may be empty.
    void begin(std::vector<std::string> strings);
    /// Text that no stop string can reach any more; of a text with one in it, what stands before. Valid until the next
    /// call.
    std::string_view push(std::string_view text);
    /// The text ends: what was held back was no stop string after all. Valid until the next call.
    std::string_view finish();
    bool found() const { return m_found; }
    /// Whether text is held back.
    bool holds() const { return !m_held.empty(); }

private:
    std::vector<std::string> m_strings;
    std::string m_held, m_out;
    bool m_found = false;
};

} // namespace conclave
