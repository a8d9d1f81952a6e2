#include "text/template_limits.hpp"

#include <algorithm>
#include <format>
#include <string_view>

#include "text/template_scan.hpp"

namespace conclave
{
namespace
{

constexpr size_t max_source_bytes = 512 * 1024;
constexpr size_t max_tag_bytes = 4 * 1024;
constexpr int max_brackets = 24; // open at once in one tag
constexpr int max_calls = 48;    // the same, with those that operators and slices become
constexpr int max_blocks = 64;   // open at once

Error too_much(std::string_view source, size_t at, std::string_view what, size_t limit)
{
    const auto row = std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    return {ErrorCode::unsupported,
            std::format("The chat template has {} than {} at row {}; the file is damaged or not meant for chat.", what,
                        limit, row)};
}

/// How many blocks more are open after the tag {%...
int block_step(std::string_view tag)
{
    tag.remove_prefix(std::min(tag.find_first_not_of("{%-~ \t\r\n"), tag.size()));
    if (tag.starts_with("end")) {
        return -1;
    }
    if (tag.starts_with("set")) {
        return tag.find('=') == std::string_view::npos ? 1 : 0;
    }
    for (const std::string_view word : {"if", "for", "macro", "call", "filter", "generation", "block"}) {
        if (tag.starts_with(word)) {
            return 1;
        }
    }
    return 0;
}

Result<void> check_brackets(std::string_view source, int limit, std::string_view what)
{
    for (size_t at = find_tag(source, 0); at < source.size(); at = find_tag(source, at)) {
        const TemplateTag tag = scan_tag(source.substr(at));
        if (tag.deepest_brackets > limit) {
            return too_much(source, at, what, static_cast<size_t>(limit));
        }
        at += tag.size;
    }
    return {};
}

} // namespace

Result<void> check_template_limits(std::string_view source)
{
    if (source.size() > max_source_bytes) {
        return too_much(source, 0, "more bytes", max_source_bytes);
    }
    int blocks = 0;
    for (size_t at = find_tag(source, 0); at < source.size(); at = find_tag(source, at)) {
        const TemplateTag tag = scan_tag(source.substr(at));
        if (tag.size > max_tag_bytes) {
            return too_much(source, at, "a tag of more bytes", max_tag_bytes);
        }
        blocks += source[at + 1] == '%' ? block_step(source.substr(at, tag.size)) : 0;
        if (blocks > max_blocks) {
            return too_much(source, at, "more blocks in blocks", max_blocks);
        }
        at += tag.size;
    }
    return check_brackets(source, max_brackets, "more brackets in brackets");
}

Result<void> check_adapted_limits(std::string_view adapted)
{
    return check_brackets(adapted, max_calls, "more operators, slices and brackets around each other");
}

} // namespace conclave
