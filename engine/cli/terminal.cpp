#include "terminal.hpp"

#include <format>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace conclave::cli
{

bool stdin_is_terminal()
{
#ifdef _WIN32
    return _isatty(0) != 0;
#else
    return isatty(STDIN_FILENO) != 0;
#endif
}

std::string without_controls(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c0 = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
        // U+0080 to U+009F, of which terminals take some as the start of a command.
        const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        out.push_back(c0 || c1 ? ' ' : text[i]);
        i += c1 ? 1 : 0;
    }
    return out;
}

std::string size_text(uint64_t n_bytes)
{
    if (n_bytes < 1'000'000) {
        return std::format("{} bytes", n_bytes);
    }
    return std::format("{:.2f} MB", static_cast<double>(n_bytes) / 1e6);
}

} // namespace conclave::cli
