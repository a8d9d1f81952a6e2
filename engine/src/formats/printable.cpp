#include "formats/printable.hpp"

#include <format>

namespace conclave
{

std::string printable(std::string_view name)
{
    constexpr size_t most = 80;
    std::string out;
    for (const char c : name) {
        if (out.size() >= most)
            return out + "...";
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\')
            out += std::format("\\x{:02X}", byte);
        else
            out += c;
    }
    return out;
}

} // namespace conclave
