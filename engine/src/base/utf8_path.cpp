#include "base/utf8_path.hpp"

namespace conclave
{

std::filesystem::path path_from_utf8(std::string_view text)
{
#ifdef _WIN32
    return std::filesystem::path(std::u8string(text.begin(), text.end()));
#else
    // POSIX paths are bytes: a name that is no valid UTF-8 must survive the round trip.
    return std::filesystem::path(text);
#endif
}

std::string utf8_from_path(const std::filesystem::path& path)
{
#ifdef _WIN32
    const std::u8string text = path.u8string();
    return std::string(text.begin(), text.end());
#else
    return path.native();
#endif
}

} // namespace conclave
