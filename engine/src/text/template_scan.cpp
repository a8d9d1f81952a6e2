#include "text/template_scan.hpp"

#include <algorithm>

namespace conclave
{

size_t find_tag(std::string_view source, size_t begin)
{
    for (size_t at = source.find('{', begin); at < source.size(); at = source.find('{', at + 1)) {
        const char kind = at + 1 < source.size() ? source[at + 1] : '\0';
        if (kind == '{' || kind == '%' || kind == '#') {
            return at;
        }
    }
    return std::string_view::npos;
}

TemplateTag scan_tag(std::string_view source)
{
    const char kind = source[1];
    const char close[2] = {kind == '{' ? '}' : kind, '}'};
    const std::string_view closing(close, 2);
    if (kind == '#') {
        const size_t end = source.find(closing, 2);
        return {end == std::string_view::npos ? source.size() : end + 2, 0};
    }
    TemplateTag tag{2, 0};
    int open = 0;
    char quote = 0;
    for (; tag.size < source.size(); ++tag.size) {
        const char c = source[tag.size];
        if (quote != 0) {
            tag.size += c == '\\' ? 1 : 0;
            quote = c == quote ? '\0' : quote;
        } else if (open <= 0 && source.substr(tag.size, 2) == closing) {
            return {tag.size + 2, tag.deepest_brackets};
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '(' || c == '[' || c == '{') {
            tag.deepest_brackets = std::max(tag.deepest_brackets, ++open);
        } else if (c == ')' || c == ']' || c == '}') {
            --open;
        }
    }
    return {source.size(), tag.deepest_brackets};
}

} // namespace conclave
