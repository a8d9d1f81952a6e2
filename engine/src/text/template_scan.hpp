#pragma once

#include <cstddef>
#include <string_view>

namespace conclave
{

struct TemplateTag {
    size_t size = 0;          ///< from its "{" to after its "}"
    int deepest_brackets = 0; ///< most open at once, strings left out
};

/// A letter, digit or underscore of ASCII.
inline bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The next place at or after `begin` where a tag opens ("{{", "{%" or "{#"), or npos.
size_t find_tag(std::string_view source, size_t begin);

/// The tag that opens at the front of `source`; its end is looked for outside of strings and brackets, as the parser
/// does.
TemplateTag scan_tag(std::string_view source);

} // namespace conclave
