#include "text/template_limits.hpp"

#include <algorithm>
#include <format>
#include <string>

namespace conclave
{
namespace
{

constexpr size_t max_source_bytes = 512 * 1024;
constexpr size_t max_tag_bytes = 4 * 1024;
constexpr int max_brackets = 24; // open at once in one tag
constexpr int max_blocks = 64;   // open at once

Error too_much(std::string_view source, size_t at, std::string_view what, size_t limit)
{
    const auto row = std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    return {ErrorCode::unsupported,
            std::format("The chat template has {} than {} at row {}; the file is damaged or not meant for chat.", what,
                        limit, row)};
}

struct Tag {
    size_t size = 0; ///< from its "{" to after its "}"
    int deepest = 0; ///< most brackets open at once, strings left out
};

/// The tag that opens at the front of `source`; its end is looked for outside of strings, as the parser does.
Tag scan_tag(std::string_view source)
{
    const char kind = source[1];
    const std::string close = {kind == '{' ? '}' : kind, '}'};
    if (kind == '#') {
        return {std::min(source.find(close, 2), source.size()), 0};
    }
    Tag tag{2, 0};
    int open = 0;
    char quote = 0;
    for (; tag.size < source.size(); ++tag.size) {
        const char c = source[tag.size];
        if (quote != 0) {
            tag.size += c == '\\' ? 1 : 0;
            quote = c == quote ? '\0' : quote;
        } else if (open <= 0 && source.substr(tag.size, 2) == close) {
            return {tag.size + 2, tag.deepest};
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '(' || c == '[' || c == '{') {
            tag.deepest = std::max(tag.deepest, ++open);
        } else if (c == ')' || c == ']' || c == '}') {
            --open;
        }
    }
    return {source.size(), tag.deepest};
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

} // namespace

Result<void> check_template_limits(std::string_view source)
{
    if (source.size() > max_source_bytes) {
        return too_much(source, 0, "more bytes", max_source_bytes);
    }
    int blocks = 0;
    for (size_t at = source.find('{'); at < source.size(); at = source.find('{', at)) {
        const char kind = at + 1 < source.size() ? source[at + 1] : '\0';
        if (kind != '{' && kind != '%' && kind != '#') {
            ++at;
            continue;
        }
        const Tag tag = scan_tag(source.substr(at));
        if (tag.size > max_tag_bytes) {
            return too_much(source, at, "a tag of more bytes", max_tag_bytes);
        }
        if (tag.deepest > max_brackets) {
            return too_much(source, at, "more brackets in brackets", max_brackets);
        }
        blocks += kind == '%' ? block_step(source.substr(at, tag.size)) : 0;
        if (blocks > max_blocks) {
            return too_much(source, at, "more blocks in blocks", max_blocks);
        }
        at += tag.size;
    }
    return {};
}

} // namespace conclave
