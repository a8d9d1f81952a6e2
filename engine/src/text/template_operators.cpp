#include "text/template_operators.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "text/template_scan.hpp"

namespace conclave
{
namespace
{

constexpr std::string_view blanks = " \t\r\n";

/// Words that stand between operands.
bool is_operator_word(std::string_view word)
{
    static constexpr std::string_view words[] = {"if", "elif", "else", "not",    "in",    "is",  "and",
                                                 "or", "for",  "set",  "filter", "macro", "call"};
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

/// The function for the operator in front of `text`, and its length.
std::optional<std::pair<std::string_view, size_t>> operator_function(std::string_view text)
{
    if (text.starts_with("**")) {
        return std::nullopt;
    }
    switch (text.empty() ? '\0' : text.front()) {
    case '*':
        return std::pair{std::string_view("python_times"), size_t{1}};
    case '%':
        return std::pair{std::string_view("python_modulo"), size_t{1}};
    case '/':
        return text.starts_with("//") ? std::pair{std::string_view("python_floor_divide"), size_t{2}}
                                      : std::pair{std::string_view("python_divide"), size_t{1}};
    default:
        return std::nullopt;
    }
}

class OperatorAdapter
{
public:
    explicit OperatorAdapter(std::string_view text) : m_text(text) {}

    std::string run()
    {
        std::string out;
        std::optional<size_t> left; // where in `out` the operand begins that ends there
        while (m_at < m_text.size()) {
            const std::string_view rest = m_text.substr(m_at);
            if (const auto function = operator_function(rest); left && function) {
                const size_t begin = m_at;
                m_at += function->second;
                skip_blanks();
                std::string right = operand();
                if (right.empty()) { // no expression: for the parser to refuse
                    out.append(m_text.substr(begin, m_at - begin));
                    left.reset();
                    continue;
                }
                out =
                    out.substr(0, *left) + std::string(function->first) + "(" + out.substr(*left) + ", " + right + ")";
                continue;
            }
            if (blanks.find(rest.front()) != std::string_view::npos) {
                out.push_back(rest.front());
                ++m_at;
                continue;
            }
            const size_t begin = out.size();
            const bool sign = left && (rest.front() == '-' || rest.front() == '+');  // between operands
            const bool opens = left && (rest.front() == '(' || rest.front() == '['); // "f (x)": no operand of its own
            if (std::string next = sign || opens ? std::string() : operand(); !next.empty()) {
                out += next;
                left = begin;
                continue;
            }
            left.reset();
            if (opens) {
                out += group();
                continue;
            }
            const std::string_view word = name();
            out.append(word.empty() ? rest.substr(0, 1) : word);
            m_at += std::max<size_t>(word.size(), 1);
        }
        return out;
    }

private:
    void skip_blanks() { m_at = std::min(m_text.find_first_not_of(blanks, m_at), m_text.size()); }

    std::string_view name() const
    {
        size_t end = m_at;
        while (end < m_text.size() && is_name_character(m_text[end])) {
            ++end;
        }
        return m_text.substr(m_at, end - m_at);
    }

    /// A text in quotes.
    std::string_view quoted()
    {
        const size_t begin = m_at;
        const char quote = m_text[m_at++];
        while (m_at < m_text.size() && m_text[m_at] != quote) {
            m_at += m_text[m_at] == '\\' ? 2 : 1;
        }
        m_at = std::min(m_at + 1, m_text.size());
        return m_text.substr(begin, m_at - begin);
    }

    /// Inside of the bracket that opens here, cut at each `separator` that is in no bracket and no text.
    std::vector<std::string_view> inside(char separator)
    {
        std::vector<std::string_view> parts;
        size_t begin = ++m_at;
        for (int open = 0; m_at < m_text.size();) {
            const char c = m_text[m_at];
            if (c == '"' || c == '\'') {
                quoted();
                continue;
            }
            const bool closes = c == ')' || c == ']' || c == '}';
            if ((closes && open == 0) || (c == separator && open == 0)) {
                parts.push_back(m_text.substr(begin, m_at - begin));
                begin = m_at + 1;
            }
            open += c == '(' || c == '[' || c == '{' ? 1 : closes ? -1 : 0;
            ++m_at;
            if (open < 0) {
                return parts;
            }
        }
        parts.push_back(m_text.substr(std::min(begin, m_text.size())));
        return parts;
    }

    /// The bracket that opens here, adapted.
    std::string group()
    {
        const size_t begin = m_at;
        const std::string_view all = inside('\0').front();
        const bool closed = begin + 1 + all.size() < m_text.size();
        return m_text[begin] + adapt_operators(all) + (closed ? std::string(1, m_text[begin + 1 + all.size()]) : "");
    }

    /// A slice as a call, or any other subscript.
    std::string subscript(std::string value)
    {
        const size_t begin = m_at;
        const auto parts = inside(':');
        if (parts.size() < 2 || parts.size() > 3) {
            m_at = begin;
            return value + group();
        }
        value = "(python_slice(" + value; // in brackets: minja takes no subscript of a call
        for (size_t i = 0; i < 3; ++i) {
            const bool given = i < parts.size() && parts[i].find_first_not_of(blanks) != std::string_view::npos;
            value += ", " + (given ? adapt_operators(parts[i]) : "none");
        }
        return value + "))";
    }

    /// A sign, a text, a number, a name or a bracket, with its members, calls, subscripts, filters and power; nothing
    /// where none of them begins.
    std::string operand()
    {
        std::string value;
        while (m_at < m_text.size() && (m_text[m_at] == '-' || m_text[m_at] == '+')) {
            value.push_back(m_text[m_at++]);
        }
        if (m_at == m_text.size()) {
            return value;
        }
        const char c = m_text[m_at];
        const size_t n_signs = value.size();
        std::string primary;
        if (c == '"' || c == '\'') {
            primary = quoted();
        } else if (c == '(' || c == '[' || c == '{') {
            primary = group();
        } else if (const std::string_view word = name(); !word.empty() && !is_operator_word(word)) {
            primary = word;
            m_at += word.size();
        }
        if (primary.empty()) {
            m_at -= n_signs;
            return {};
        }
        return value + with_suffixes(std::move(primary));
    }

    std::string with_suffixes(std::string value)
    {
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (c == '(') {
                value += group();
            } else if (c == '[') {
                value = subscript(std::move(value));
            } else if (c == '.') {
                value.push_back(c);
                ++m_at;
                value += name();
                m_at += name().size();
            } else {
                const size_t next = m_text.find_first_not_of(blanks, m_at);
                const std::string_view rest = next == std::string_view::npos ? "" : m_text.substr(next);
                if (rest.starts_with("**")) {
                    m_at = next + 2;
                    skip_blanks();
                    return value + " ** " + operand();
                }
                if (!rest.starts_with('|')) {
                    break;
                }
                m_at = next + 1;
                skip_blanks();
                value += " | ";
                value += name();
                m_at += name().size();
            }
        }
        return value;
    }

    std::string_view m_text;
    size_t m_at = 0;
};

} // namespace

std::string adapt_operators(std::string_view inside)
{
    return OperatorAdapter(inside).run();
}

} // namespace conclave
