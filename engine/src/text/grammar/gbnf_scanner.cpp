#include "text/grammar/gbnf_scanner.hpp"

#include <algorithm>
#include <charconv>

#include "text/utf8.hpp"

namespace conclave
{

namespace
{

bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

void append_code_point(uint32_t code_point, std::string& out)
{
    std::vector<ByteSequence> sequences;
    append_utf8({code_point, code_point}, sequences);
    for (const ByteSequence& sequence : sequences) { // none for a surrogate
        for (int i = 0; i < sequence.size; ++i) {
            out += static_cast<char>(sequence.bytes[static_cast<size_t>(i)].first);
        }
    }
}

} // namespace

void GbnfScanner::fail(size_t at, const std::string& what, ErrorCode code)
{
    if (!m_error) {
        const std::string_view before = m_text.substr(0, at);
        const size_t line_begin = before.find_last_of('\n') + 1; // npos + 1 is 0
        m_error =
            Error{code, "the grammar, line " + std::to_string(std::count(before.begin(), before.end(), '\n') + 1) +
                            " column " + std::to_string(at - line_begin + 1) + ": " + what};
    }
    m_at = m_text.size();
}

bool GbnfScanner::take(std::string_view word)
{
    if (!m_text.substr(m_at).starts_with(word)) {
        return false;
    }
    m_at += word.size();
    return true;
}

void GbnfScanner::skip_blank(bool over_lines)
{
    while (!ended()) {
        const char c = peek();
        if (c == '#') {
            m_at = std::min(m_text.find_first_of("\r\n", m_at), m_text.size());
        } else if (c == ' ' || c == '\t' || (over_lines && (c == '\r' || c == '\n'))) {
            ++m_at;
        } else {
            return;
        }
    }
}

std::string_view GbnfScanner::name()
{
    const size_t begin = m_at;
    while (!ended() && is_name(peek())) {
        ++m_at;
    }
    return m_text.substr(begin, m_at - begin);
}

std::optional<int> GbnfScanner::number()
{
    int value = 0;
    const auto read = std::from_chars(m_text.data() + m_at, m_text.data() + m_text.size(), value);
    if (read.ec != std::errc() || value < 0) {
        return {};
    }
    m_at = static_cast<size_t>(read.ptr - m_text.data());
    skip_blank(false);
    return value;
}

void GbnfScanner::counts(int& min, int& max)
{
    const size_t begin = m_at++;
    skip_blank(false);
    const auto low = number();
    auto high = low;
    if (peek() == ',') {
        ++m_at;
        skip_blank(false);
        high = peek() == '}' ? std::optional<int>(GbnfExpression::unlimited) : number();
    }
    if (!low || !high || peek() != '}' || (*high >= 0 && *high < *low)) {
        return fail(begin, "a repetition is written {3}, {3,} or {3,7}, with counts up to 2147483647");
    }
    ++m_at;
    min = *low;
    max = *high;
}

/// One character of a literal or of a class, escapes read.
uint32_t GbnfScanner::character()
{
    const size_t begin = m_at;
    if (peek() == '\\') {
        ++m_at;
        return escape(begin);
    }
    const Utf8Step step = utf8_step(m_text.substr(m_at));
    if (step.kind != Utf8Step::character) {
        fail(begin, "the text is not UTF-8");
        return 0;
    }
    const uint32_t value = code_point_at(m_text.substr(m_at), step.size);
    m_at += static_cast<size_t>(step.size);
    return value;
}

uint32_t GbnfScanner::escape(size_t begin)
{
    const char c = ended() ? '\0' : m_text[m_at++];
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x':
        return hexadecimal(begin, 2);
    case 'u':
        return hexadecimal(begin, 4);
    case 'U':
        return hexadecimal(begin, 8);
    case '\\':
    case '"':
    case '[':
    case ']':
    case '-':
    case '^':
        return static_cast<uint32_t>(c);
    default:
        fail(begin, "unknown escape; there are \\n \\r \\t \\\\ \\\" \\[ \\] \\- \\^ \\xHH \\uHHHH \\UHHHHHHHH");
        return 0;
    }
}

uint32_t GbnfScanner::hexadecimal(size_t begin, size_t n_digits)
{
    uint32_t value = 0;
    const std::string_view digits = m_text.substr(m_at, n_digits);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() < n_digits || read.ptr != digits.data() + digits.size() || value > last_code_point) {
        fail(begin, "an escape needs " + std::to_string(n_digits) + " hexadecimal digits of a code point");
        return 0;
    }
    m_at += n_digits;
    return value;
}

GbnfExpression GbnfScanner::literal()
{
    const size_t begin = m_at++;
    GbnfExpression out{.kind = GbnfExpression::literal};
    while (!ended() && peek() != '"') {
        append_code_point(character(), out.text);
    }
    if (ended()) {
        fail(begin, "this quoted text is never closed");
    } else {
        ++m_at;
    }
    return out;
}

GbnfExpression GbnfScanner::character_class()
{
    const size_t begin = m_at++;
    const bool inverted = peek() == '^';
    m_at += inverted ? 1 : 0;
    GbnfExpression out{.kind = GbnfExpression::characters};
    while (!ended() && peek() != ']') {
        const uint32_t first = character();
        uint32_t last = first;
        if (peek() == '-' && m_at + 1 < m_text.size() && m_text[m_at + 1] != ']') {
            ++m_at;
            last = character();
        }
        if (last < first) {
            fail(begin, "a range of this character class ends before it begins");
        }
        out.ranges.push_back({first, last});
    }
    if (ended()) {
        fail(begin, "this character class is never closed");
    } else {
        ++m_at;
    }
    if (inverted) {
        out.ranges = complement(std::move(out.ranges));
    }
    return out;
}

} // namespace conclave
