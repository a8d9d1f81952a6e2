#include "text/template_work.hpp"

#include <algorithm>
#include <vector>

#include "text/template_scan.hpp"

namespace conclave
{
namespace
{

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text)
{
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Inside of "{%- … -%}".
std::string_view content(std::string_view tag)
{
    tag.remove_prefix(std::min<size_t>(2, tag.size()));
    tag.remove_suffix(std::min<size_t>(2, tag.size()));
    if (!tag.empty() && (tag.front() == '-' || tag.front() == '+')) {
        tag.remove_prefix(1);
    }
    if (!tag.empty() && (tag.back() == '-' || tag.back() == '+')) {
        tag.remove_suffix(1);
    }
    return trimmed(tag);
}

/// "call(f)()" is a call block as well, "settle" no assignment.
bool opens(std::string_view text, std::string_view keyword)
{
    if (!text.starts_with(keyword)) {
        return false;
    }
    const char next = text.size() > keyword.size() ? text[keyword.size()] : '\0';
    return !is_name_character(next);
}

} // namespace

std::string count_work(std::string_view source, std::string_view counter)
{
    std::string out;
    size_t done = 0;
    std::vector<std::string_view> open_sets; // names that {% set name %}…{% endset %} will give a value
    for (size_t at = find_tag(source, 0); at < source.size(); at = find_tag(source, done)) {
        const std::string_view tag = source.substr(at, scan_tag(source.substr(at)).size);
        out.append(source, done, at + tag.size() - done);
        done = at + tag.size();
        if (tag[1] != '%') {
            continue;
        }
        const std::string_view text = content(tag);
        std::string_view changed;
        if (opens(text, "set")) {
            const size_t sign = text.find('=');
            changed = trimmed(text.substr(3, sign == std::string_view::npos ? sign : sign - 3));
            if (sign == std::string_view::npos) {
                open_sets.push_back(changed);
                continue;
            }
        } else if (text == "endset" && !open_sets.empty()) {
            changed = open_sets.back();
            open_sets.pop_back();
        } else if (!opens(text, "for") && !opens(text, "macro") && !opens(text, "call")) {
            continue;
        }
        const bool trims = tag.size() > 4 && tag[tag.size() - 3] == '-';
        out.append("{% if ").append(counter).append("(").append(changed).append(") %}{% endif ");
        out.append(trims ? "-%}" : "%}");
    }
    return out.append(source, done, source.size() - done);
}

std::string unused_name(std::string_view source)
{
    std::string name = "count_work";
    while (source.find(name) != std::string_view::npos) {
        name.push_back('_');
    }
    return name;
}

} // namespace conclave
