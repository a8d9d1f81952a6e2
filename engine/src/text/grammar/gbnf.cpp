#include "text/grammar/gbnf.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

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

/// Recursive descent over the text; after the first error nothing more is read.
class Parser
{
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    Result<Gbnf> parse()
    {
        skip_blank(true);
        while (!m_error && m_at < m_text.size()) {
            rule();
        }
        check_names();
        if (m_error) {
            return *m_error;
        }
        return std::move(m_gbnf);
    }

private:
    char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
    bool ended() const { return m_at == m_text.size(); }

    void fail(size_t at, const std::string& what, ErrorCode code = ErrorCode::format)
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

    /// Blanks and comments; line ends too where a rule goes on after them.
    void skip_blank(bool over_lines)
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

    std::string_view name()
    {
        const size_t begin = m_at;
        while (!ended() && is_name(peek())) {
            ++m_at;
        }
        return m_text.substr(begin, m_at - begin);
    }

    int rule_index(std::string_view rule_name, size_t at)
    {
        const auto [found, is_new] = m_indices.try_emplace(std::string(rule_name), static_cast<int>(m_indices.size()));
        if (is_new) {
            m_gbnf.rules.push_back({std::string(rule_name), {}});
            m_first_use.push_back(at);
            m_defined.push_back(false);
        }
        return found->second;
    }

    void rule()
    {
        const size_t begin = m_at;
        const std::string_view rule_name = name();
        if (rule_name.empty()) {
            return fail(m_at, "a rule begins with its name, of letters, digits and hyphens");
        }
        skip_blank(false);
        if (!m_text.substr(m_at).starts_with("::=")) {
            return fail(m_at, "'::=' must follow the name of a rule");
        }
        m_at += 3;
        skip_blank(true);
        const auto index = static_cast<size_t>(rule_index(rule_name, begin));
        if (m_defined[index]) {
            return fail(begin, "the rule '" + std::string(rule_name.substr(0, 80)) + "' is defined twice");
        }
        m_defined[index] = true;
        GbnfExpression body = alternatives(0);
        m_gbnf.rules[index].body = std::move(body);
        if (!ended() && peek() != '\r' && peek() != '\n') {
            return fail(m_at, "a rule ends with its line; this cannot stand here");
        }
        skip_blank(true);
    }

    GbnfExpression alternatives(int depth)
    {
        GbnfExpression out{.kind = GbnfExpression::alternatives};
        out.children.push_back(sequence(depth));
        while (peek() == '|') {
            ++m_at;
            skip_blank(true);
            out.children.push_back(sequence(depth));
        }
        return out.children.size() == 1 ? std::move(out.children[0]) : out;
    }

    GbnfExpression sequence(int depth)
    {
        GbnfExpression out{.kind = GbnfExpression::sequence};
        for (;;) {
            const char c = peek();
            if (ended() || c == '|' || c == ')' || c == '\r' || c == '\n') {
                return out;
            }
            out.children.push_back(repeated(item(depth)));
            skip_blank(depth > 0);
        }
    }

    GbnfExpression item(int depth)
    {
        const char c = peek();
        if (c == '"') {
            return literal();
        }
        if (c == '[') {
            return character_class();
        }
        if (c == '.') {
            ++m_at;
            return {.kind = GbnfExpression::characters, .ranges = {{0, last_code_point}}};
        }
        if (c == '(') {
            return group(depth);
        }
        if (c == '<' || c == '!') {
            fail(m_at, "token references are not supported; write the text of the token in quotes",
                 ErrorCode::unsupported);
            return {};
        }
        const size_t begin = m_at;
        const std::string_view rule_name = name();
        if (rule_name.empty()) {
            fail(begin, "expected a quoted text, a character class, a rule's name or a group");
            return {};
        }
        return {.kind = GbnfExpression::rule, .rule_index = rule_index(rule_name, begin)};
    }

    GbnfExpression group(int depth)
    {
        const size_t begin = m_at++;
        if (depth == max_gbnf_depth) {
            fail(begin, "groups are nested more than " + std::to_string(max_gbnf_depth) + " deep; name some as rules",
                 ErrorCode::unsupported);
            return {};
        }
        skip_blank(true);
        GbnfExpression out = alternatives(depth + 1);
        if (peek() != ')') {
            fail(begin, "this group is never closed");
        } else {
            ++m_at;
        }
        return out;
    }

    GbnfExpression repeated(GbnfExpression what)
    {
        int n_nested = 0;
        for (;;) {
            skip_blank(false);
            int min = 0, max = GbnfExpression::unlimited;
            const size_t begin = m_at;
            switch (peek()) {
            case '*':
                ++m_at;
                break;
            case '+':
                ++m_at;
                min = 1;
                break;
            case '?':
                ++m_at;
                max = 1;
                break;
            case '{':
                counts(min, max);
                break;
            default:
                return what;
            }
            if (++n_nested > max_gbnf_depth) {
                fail(begin, "more than " + std::to_string(max_gbnf_depth) + " repetitions of one thing",
                     ErrorCode::unsupported);
                return what;
            }
            GbnfExpression out{.kind = GbnfExpression::repeat, .min = min, .max = max};
            out.children.push_back(std::move(what));
            what = std::move(out);
        }
    }

    std::optional<int> number()
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

    void counts(int& min, int& max)
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
    uint32_t character()
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
        const auto lead = static_cast<uint8_t>(m_text[m_at++]);
        uint32_t value = step.size == 1 ? lead : lead & (0x7Fu >> step.size);
        for (int i = 1; i < step.size; ++i) {
            value = value << 6 | (static_cast<uint8_t>(m_text[m_at++]) & 0x3F);
        }
        return value;
    }

    uint32_t escape(size_t begin)
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

    uint32_t hexadecimal(size_t begin, size_t n_digits)
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

    GbnfExpression literal()
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

    GbnfExpression character_class()
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

    void check_names()
    {
        for (size_t i = 0; i < m_defined.size(); ++i) {
            if (!m_defined[i]) {
                fail(m_first_use[i], "there is no rule '" + m_gbnf.rules[i].name.substr(0, 80) + "'");
            }
        }
        const auto root = m_indices.find("root");
        if (root == m_indices.end()) {
            return fail(m_text.size(), "there is no rule 'root', where an answer begins");
        }
        m_gbnf.root = static_cast<size_t>(root->second);
    }

    std::string_view m_text;
    size_t m_at = 0;
    std::optional<Error> m_error;
    Gbnf m_gbnf;
    std::map<std::string, int, std::less<>> m_indices;
    std::vector<size_t> m_first_use;
    std::vector<bool> m_defined;
};

} // namespace

Result<Gbnf> Gbnf::parse(std::string_view text)
{
    return Parser(text).parse();
}

} // namespace conclave
