#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/result.hpp"
#include "text/grammar/gbnf.hpp"

namespace conclave
{

/// The words of GBNF, read one after another: names, counts, quoted texts, character classes. After the first error
/// nothing more is read: everything behind it looks like the end.
class GbnfScanner
{
public:
    explicit GbnfScanner(std::string_view text) : m_text(text) {}

    char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
    bool ended() const { return m_at == m_text.size(); }
    size_t at() const { return m_at; }
    /// Whether `word` stands here; goes behind it then.
    bool take(std::string_view word);
    /// Blanks and comments; line ends too where a rule goes on after them.
    void skip_blank(bool over_lines);

    /// Of a rule; empty when none stands here.
    std::string_view name();
    /// {3}, {3,} or {3,7}.
    void counts(int& min, int& max);
    GbnfExpression literal();
    GbnfExpression character_class();

    /// Keeps the first error, with the line and column of `at`.
    void fail(size_t at, const std::string& what, ErrorCode code = ErrorCode::format);
    const std::optional<Error>& error() const { return m_error; }

private:
    std::optional<int> number();
    uint32_t character();
    uint32_t escape(size_t begin);
    uint32_t hexadecimal(size_t begin, size_t n_digits);

    std::string_view m_text;
    size_t m_at = 0;
    std::optional<Error> m_error;
};

} // namespace conclave
