#include "text/grammar/pattern_scanner.hpp"

#include <charconv>

#include "text/utf8.hpp"

namespace conclave
{

namespace
{

using Ranges = std::vector<CodePointRange>;

// Source: ECMA-262, CharacterClassEscape, WhiteSpace and LineTerminator.
Ranges digits()
{
    return {{'0', '9'}};
}

Ranges word_characters()
{
    return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
}

Ranges spaces()
{
    return {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
            {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
}

Ranges any_but_line_ends()
{
    return complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}});
}

Ranges one(uint32_t code_point)
{
    return {{code_point, code_point}};
}

/// A control character by its letter; absent for other letters.
std::optional<uint32_t> control(char letter)
{
    constexpr std::string_view letters = "tnvfr";
    constexpr uint32_t controls[] = {'\t', '\n', '\v', '\f', '\r'};
    const size_t at = letters.find(letter);
    return at == std::string_view::npos ? std::nullopt : std::optional(controls[at]);
}

} // namespace

void PatternScanner::fail(const std::string& what)
{
    if (!m_error) {
        m_error = Error{ErrorCode::unsupported, "at character " + std::to_string(m_at + 1) + ", " + what};
    }
    m_at = m_text.size();
}

bool PatternScanner::take(std::string_view word)
{
    if (!m_text.substr(m_at).starts_with(word)) {
        return false;
    }
    m_at += word.size();
    return true;
}

Ranges PatternScanner::characters()
{
    if (take(".")) {
        return any_but_line_ends();
    }
    if (take("[")) {
        return character_class();
    }
    if (take("\\")) {
        return escape(false);
    }
    if (peek() == '^' || peek() == '$') {
        fail("an anchor may stand only at an end of the pattern or of its alternatives; write \\" +
             std::string(1, peek()) + " for the character");
        return {};
    }
    if (ended() || std::string_view("*+?{}]|()").find(peek()) != std::string_view::npos) {
        fail(ended() ? "the pattern ends too early"
                     : "'" + std::string(1, peek()) + "' cannot stand here; write \\" + peek() + " for the character");
        return {};
    }
    return one(literal());
}

uint32_t PatternScanner::literal()
{
    const Utf8Step step = utf8_step(m_text.substr(m_at));
    if (step.kind != Utf8Step::character) {
        fail("the pattern is not UTF-8");
        return 0;
    }
    const uint32_t value = code_point_at(m_text.substr(m_at), step.size);
    m_at += static_cast<size_t>(step.size);
    return value;
}

/// What stands behind a backslash.
Ranges PatternScanner::escape(bool in_class)
{
    const char letter = peek();
    const auto is = [&](char lower) { return letter == lower || letter == lower - 'a' + 'A'; };
    if (is('d') || is('w') || is('s')) {
        ++m_at;
        Ranges ranges = is('d') ? digits() : is('w') ? word_characters() : spaces();
        return letter >= 'a' ? ranges : complement(std::move(ranges));
    }
    if (const auto code_point = control(letter)) {
        ++m_at;
        return one(*code_point);
    }
    if (in_class && take("b")) {
        return one('\b');
    }
    if (take("x") || take("u")) {
        return one(hexadecimal(letter == 'x' ? 2 : 4));
    }
    if (take("0") && !(peek() >= '0' && peek() <= '9')) {
        return one(0);
    }
    const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (ended() || is_letter || (letter >= '0' && letter <= '9') || letter == '_') {
        fail("the escape \\" + std::string(1, letter) +
             " cannot be turned into a grammar; there are \\d \\w \\s, their "
             "opposites, \\t \\n \\v \\f \\r \\0 \\xHH \\uHHHH, and punctuation");
        return {};
    }
    return one(literal());
}

Ranges PatternScanner::character_class()
{
    const bool is_inverted = take("^");
    Ranges out;
    const auto member = [&] { return take("\\") ? escape(true) : one(literal()); };
    while (!ended() && peek() != ']') {
        Ranges low = member();
        if (peek() != '-' || m_text.substr(m_at).starts_with("-]") || m_at + 1 == m_text.size() || m_error) {
            out.insert(out.end(), low.begin(), low.end());
            continue;
        }
        ++m_at;
        const Ranges high = member();
        const auto is_one = [](const Ranges& ranges) {
            return ranges.size() == 1 && ranges[0].first == ranges[0].last;
        };
        if (m_error || !is_one(low) || !is_one(high) || high[0].first < low[0].first) {
            fail("a range of a character class has no two ends in order; write \\- for the hyphen");
            return {};
        }
        out.push_back({low[0].first, high[0].first});
    }
    if (!take("]")) {
        fail("a character class is never closed");
    }
    return is_inverted ? complement(std::move(out)) : out;
}

uint32_t PatternScanner::hexadecimal(size_t n_digits)
{
    uint32_t value = 0;
    const std::string_view digits = m_text.substr(m_at, n_digits);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() < n_digits || read.ptr != digits.data() + digits.size() || (value >= 0xD800 && value <= 0xDFFF)) {
        fail("an escape needs " + std::to_string(n_digits) +
             " hexadecimal digits, and of no surrogate; write the character itself");
        return 0;
    }
    m_at += n_digits;
    return value;
}

std::optional<int> PatternScanner::number()
{
    int value = 0;
    const auto read = std::from_chars(m_text.data() + m_at, m_text.data() + m_text.size(), value);
    if (read.ec != std::errc() || value < 0 || value > max_count) {
        return {};
    }
    m_at = static_cast<size_t>(read.ptr - m_text.data());
    return value;
}

std::optional<PatternScanner::Counts> PatternScanner::quantifier()
{
    std::optional<Counts> counts;
    if (take("*")) {
        counts = {.min = 0};
    } else if (take("+")) {
        counts = {.min = 1};
    } else if (take("?")) {
        counts = {.min = 0, .max = 1};
    } else if (take("{")) {
        const auto low = number();
        const bool has_comma = take(",");
        const auto high = !has_comma ? low : peek() == '}' ? std::nullopt : number();
        const bool is_open = has_comma && peek() == '}' && !high;
        if (!low || (!high && !is_open) || !take("}") || (high && *high < *low)) {
            fail("a repetition is written {3}, {3,} or {3,7}, with counts up to " + std::to_string(max_count));
            return {};
        }
        counts = {.min = *low, .max = high};
    }
    if (counts) {
        take("?");
    }
    return counts;
}

} // namespace conclave
