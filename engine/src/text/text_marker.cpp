#include "text/text_marker.hpp"

#include <algorithm>

namespace conclave
{
namespace
{

constexpr std::string_view inner = "\uFDD0";
constexpr std::string_view outer = "\uFDD1";

size_t longest_run(std::string_view text)
{
    size_t longest = 0, run = 0;
    for (size_t at = text.find(inner); at != std::string_view::npos;) {
        ++run;
        longest = std::max(longest, run);
        const size_t next = text.find(inner, at + inner.size());
        run = next == at + inner.size() ? run : 0;
        at = next;
    }
    return longest;
}

/// As many as the texts of JSON can have, raw and as escapes together: no run is longer.
size_t all_in_json(std::string_view json)
{
    size_t n = 0;
    for (size_t at = json.find(inner); at != std::string_view::npos; at = json.find(inner, at + inner.size())) {
        ++n;
    }
    constexpr std::string_view digits = "fdd0";
    for (size_t at = json.find("\\u"); at != std::string_view::npos; at = json.find("\\u", at + 2)) {
        const std::string_view found = json.substr(at + 2, digits.size());
        const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
        n += std::equal(found.begin(), found.end(), digits.begin(), digits.end(), same) ? 1 : 0;
    }
    return n;
}

} // namespace

std::string unused_marker(std::span<const ChatMessage> messages, std::string_view tools)
{
    // Longer than any run of U+FDD0 in the texts. Nobody writes noncharacters, so this ends at once in practice.
    size_t longest = 0;
    for (const ChatMessage& message : messages) {
        longest = std::max({longest, longest_run(message.content), longest_run(message.tool_call_id)});
        for (const ToolCall& call : message.tool_calls) {
            longest = std::max({longest, longest_run(call.id), longest_run(call.name), all_in_json(call.arguments)});
        }
    }
    longest = std::max(longest, all_in_json(tools));
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
