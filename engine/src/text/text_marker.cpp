#include "text/text_marker.hpp"

#include <algorithm>

namespace conclave
{
namespace
{

constexpr std::string_view inner = "\uFDD0";
constexpr std::string_view outer = "\uFDD1";

} // namespace

std::string unused_marker(std::span<const ChatMessage> messages)
{
    // Longer than any run of U+FDD0 in the texts. Nobody writes noncharacters, so this ends at once in practice.
    size_t longest = 0;
    for (const ChatMessage& message : messages) {
        size_t run = 0;
        for (size_t at = message.content.find(inner); at != std::string::npos;) {
            ++run;
            longest = std::max(longest, run);
            const size_t next = message.content.find(inner, at + inner.size());
            run = next == at + inner.size() ? run : 0;
            at = next;
        }
    }
    std::string marker(outer);
    for (size_t i = 0; i <= longest; ++i) {
        marker += inner;
    }
    return marker.append(outer);
}

std::string without_marker(std::string_view text, std::string_view marker)
{
    std::string out;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find(marker, begin), text.size());
        out.append(text, begin, end - begin);
        begin = end + marker.size();
    }
    return out;
}

} // namespace conclave
