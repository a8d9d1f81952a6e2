#include "text/template_dialect.hpp"

#include <algorithm>
#include <iterator>

#include "text/template_operators.hpp"
#include "text/template_scan.hpp"

namespace conclave
{
namespace
{

/// Words that a bracket may follow without being called.
bool is_keyword(std::string_view word)
{
    static constexpr std::string_view keywords[] = {"if",  "elif", "else", "not", "in",     "is",
                                                    "and", "or",   "for",  "set", "filter", "macro"};
    return std::find(std::begin(keywords), std::end(keywords), word) != std::end(keywords);
}

size_t after_string(std::string_view tag, size_t at)
{
    for (size_t i = at + 1; i < tag.size(); ++i) {
        if (tag[i] == tag[at]) {
            return i + 1;
        }
        i += tag[i] == '\\' ? 1 : 0;
    }
    return tag.size();
}

struct Arguments {
    size_t end = 0;         ///< after the closing bracket
    bool has_comma = false; ///< between arguments
};

/// The call's arguments whose bracket opens at `at`.
Arguments scan_arguments(std::string_view tag, size_t at)
{
    Arguments arguments;
    int open = 0;
    for (size_t i = at; i < tag.size();) {
        const char c = tag[i];
        if (c == '"' || c == '\'') {
            i = after_string(tag, i);
            continue;
        }
        open += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
        arguments.has_comma = arguments.has_comma || (open == 1 && c == ',');
        ++i;
        if (open == 0) {
            arguments.end = i;
            return arguments;
        }
    }
    arguments.end = tag.size();
    return arguments;
}

/// Recursion is bounded by the brackets that check_template_limits allows.
std::string adapt_expression(std::string_view tag)
{
    std::string out;
    for (size_t i = 0; i < tag.size();) {
        const char c = tag[i];
        if (c == '"' || c == '\'') {
            const size_t end = after_string(tag, i);
            out.append(tag, i, end - i);
            i = end;
            continue;
        }
        if (!is_name_character(c)) {
            out.push_back(c);
            ++i;
            continue;
        }
        const bool is_member = i > 0 && tag[i - 1] == '.';
        size_t end = i; // of the chain name.name.name
        while (end < tag.size() && (is_name_character(tag[end]) || tag[end] == '.')) {
            ++end;
        }
        const std::string_view chain = tag.substr(i, end - i);
        if (end == tag.size() || tag[end] != '(' || is_member || is_keyword(chain)) {
            out.append(chain);
            i = end;
            continue;
        }
        const Arguments arguments = scan_arguments(tag, end);
        const std::string inside = adapt_expression(tag.substr(end + 1, arguments.end - end - 1));
        const char next = arguments.end < tag.size() ? tag[arguments.end] : '\0';
        constexpr std::string_view split = ".split";
        if (chain.ends_with(split) && arguments.has_comma) {
            out.append("(split_at_most(").append(chain.substr(0, chain.size() - split.size())).append(", ");
            out.append(inside).append(")");
        } else if (chain.find('.') == std::string_view::npos && (next == '.' || next == '[')) {
            out.append("(").append(chain).append("(").append(inside).append(")");
        } else {
            out.append(chain).append("(").append(inside);
        }
        i = arguments.end;
    }
    return out;
}

/// The operators of a whole tag; see template_operators.hpp.
std::string with_operators(std::string_view tag)
{
    const size_t begin = tag.size() > 2 && (tag[2] == '-' || tag[2] == '+') ? 3 : 2;
    const bool is_whole = tag.size() >= begin + 2 && tag.ends_with(tag[1] == '{' ? "}}" : "%}");
    if (!is_whole) {
        return std::string(tag);
    }
    const char last = tag.size() > begin + 2 ? tag[tag.size() - 3] : '\0';
    const size_t end = tag.size() - (last == '-' || last == '+' ? 3 : 2);
    return std::string(tag.substr(0, begin)) + adapt_operators(tag.substr(begin, end - begin)) +
           std::string(tag.substr(end));
}

/// Blanks between the start of the line and the end of `text`.
size_t indentation(std::string_view text, bool starts_line)
{
    const size_t last = text.find_last_not_of(" \t");
    if (last == std::string_view::npos) {
        return starts_line ? text.size() : 0;
    }
    return text[last] == '\n' ? text.size() - last - 1 : 0;
}

} // namespace

std::string adapt_template(std::string_view source)
{
    std::string out;
    size_t done = 0;
    bool trims = false; // the tag before swallows the blanks behind it
    for (size_t at = find_tag(source, 0); at < source.size(); at = find_tag(source, done)) {
        const std::string_view text = source.substr(done, at - done);
        const size_t n_blanks = indentation(text, done == 0);
        out.append(text.substr(0, text.size() - n_blanks));
        const bool is_expression = source[at + 1] == '{' && source.substr(at + 2, 1) != "-";
        const bool swallowed = trims && text.find_first_not_of(" \t\r\n") == std::string_view::npos;
        if (is_expression && n_blanks > 0 && !swallowed) {
            out.append("{{'").append(text.substr(text.size() - n_blanks)).append("'}}");
        } else {
            out.append(text.substr(text.size() - n_blanks));
        }
        const std::string_view tag = source.substr(at, scan_tag(source.substr(at)).size);
        out.append(tag[1] == '#' ? std::string(tag) : with_operators(adapt_expression(tag)));
        done = at + tag.size();
        trims = tag.size() > 4 && tag[tag.size() - 3] == '-';
    }
    return out.append(source, done, source.size() - done);
}

} // namespace conclave
