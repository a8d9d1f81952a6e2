#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"
#include "text/grammar/utf8_ranges.hpp"

namespace conclave
{

/// The characters of a regular expression of ECMA-262, read one after another: what each, with its escapes and classes,
/// stands for. After the first error nothing more is read: everything behind it looks like the end.
class PatternScanner
{
public:
    explicit PatternScanner(std::string_view text) : m_text(text) {}

    bool ended() const { return m_at == m_text.size(); }
    char peek() const { return ended() ? '\0' : m_text[m_at]; }
    /// Whether `word` stands here; goes behind it then.
    bool take(std::string_view word);
    /// A character, an escape, a class or the dot: the code points that fit it.
    std::vector<CodePointRange> characters();
    /// A quantifier, if one stands here; a lazy one fits the same texts.
    struct Counts {
        int min = 0;
        std::optional<int> max = {};
    };
    std::optional<Counts> quantifier();

    void fail(const std::string& what);
    const std::optional<Error>& error() const { return m_error; }

private:
    static constexpr int max_count = 100'000;

    uint32_t literal();
    std::vector<CodePointRange> escape(bool in_class);
    std::vector<CodePointRange> character_class();
    uint32_t hexadecimal(size_t n_digits);
    std::optional<int> number();

    std::string_view m_text;
    size_t m_at = 0;
    std::optional<Error> m_error;
};

} // namespace conclave
