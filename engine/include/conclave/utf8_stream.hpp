#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// Turns token bytes into whole UTF-8 characters: holds back an incomplete tail, replaces what can never become valid
/// by U+FFFD. No allocation once its buffers have grown.
class Utf8Stream
{
public:
    /// Text that became complete with these bytes; valid until the next call.
    std::string_view push(std::string_view bytes);
    /// What is left, replaced where incomplete.
    std::string_view finish();

private:
    std::string m_pending, m_out;
};

} // namespace conclave
