#include "text/grammar/pattern.hpp"

#include <random>
#include <regex>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/grammar/grammar_matcher.hpp"

namespace conclave
{
namespace
{

Grammar grammar_of(const std::string& pattern)
{
    const auto gbnf = gbnf_of_pattern(pattern);
    EXPECT_TRUE(gbnf) << pattern << "\n" << (gbnf ? "" : gbnf.error().message);
    const auto grammar = Grammar::parse("root ::= " + gbnf.value() + R"(
char ::= [^"\\\x00-\x1F] | "\\" ["\\bfnrt] | "\\u00" [01] [0-9a-f])");
    EXPECT_TRUE(grammar) << pattern << "\n" << (grammar ? "" : grammar.error().message) << "\n" << *gbnf;
    return *grammar;
}

bool accepts(GrammarMatcher& matcher, const std::string& value)
{
    return matcher.accepts(matcher.step(matcher.begin(), nlohmann::json(value).dump()));
}

void expect(const std::string& pattern, std::initializer_list<std::string> accepted,
            std::initializer_list<std::string> rejected)
{
    const Grammar grammar = grammar_of(pattern);
    GrammarMatcher matcher(grammar);
    for (const std::string& value : accepted)
        EXPECT_TRUE(accepts(matcher, value)) << pattern << " matches " << value;
    for (const std::string& value : rejected)
        EXPECT_FALSE(accepts(matcher, value)) << pattern << " does not match " << value;
}

TEST(Pattern, WhatSchemasUse)
{
    expect("^(\\([0-9]{3}\\))?[0-9]{3}-[0-9]{4}$", {"555-1212", "(888)555-1212"}, {"(888)555-1212 ext. 532", "555"});
    expect("^\\d{4}-(0[1-9]|1[0-2])$", {"2026-01", "1999-12"}, {"2026-13", "26-01", "2026-1"});
    expect("^#(?:[0-9a-fA-F]{3}){1,2}$", {"#fff", "#A0b1C2"}, {"#ff", "fff", "#ggg"});
    expect("^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$", {"a.b+c@example.org"}, {"@example.org", "a b@c.d"});
    expect("^(?<word>[a-z]+?)*$", {"", "abc"}, {"A"});
    expect("", {"", "anything \n \" \\ é"}, {});
    expect("^$", {""}, {" "});
}

TEST(Pattern, CharactersAreCodePoints)
{
    expect("^.$", {"é", "😀", "\"", "\\", "\t"}, {"", "ab", "\n", "\r", "\u2028"});
    expect("^[α-ω]+\\u00e9\\xe9$", {"αβγéé"}, {"abcéé"});
    expect("^\\S\\s$", {"a\u00a0", "é\ufeff"}, {"\u3000a"});
    expect("^[^\\d\\]]\\0\\/$", {std::string("a\0/", 3)}, {"1", std::string("]\0/", 3)});
    expect("^[\\b]$", {"\b"}, {"b"});
    expect("^[^]$", {"\n", "a"}, {""});
    expect("^(a|[])$", {"a"}, {""});
}

TEST(Pattern, AnchorsBelongToAlternatives)
{
    expect("^a|b$|c", {"a", "axx", "xb", "xcx"}, {"xa", "bx", ""});
    expect("a", {"a", "xxaxx"}, {"", "b"});
}

/// Random patterns over random strings, against another implementation.
class RandomPattern
{
public:
    explicit RandomPattern(unsigned seed) : m_random(seed) {}

    size_t below(size_t n) { return m_random() % n; }

    std::string pattern()
    {
        std::string out;
        do {
            out += (out.empty() ? "" : "|") + pick({"^", "^", ""}) + sequence(2) + pick({"$", "$", ""});
        } while (below(5) == 0);
        return out;
    }
    std::string text()
    {
        std::string out;
        for (size_t n = below(7); n > 0; --n)
            out += pick({"a", "b", "B", "1", "9", "_", " ", "-", "\"", "\\", "\n", "\t", "."});
        return out;
    }

private:
    std::string pick(std::initializer_list<const char*> choices) { return choices.begin()[below(choices.size())]; }

    std::string sequence(int depth)
    {
        std::string out;
        for (size_t n = below(4); n > 0; --n)
            out += atom(depth) + pick({"", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?", "{0,2}?"});
        return out;
    }
    std::string atom(int depth)
    {
        switch (below(depth > 0 ? 6 : 4)) {
        case 0:
        case 1:
            return pick({"a", "b", "1", "_", "-", " ", "\"", "\\\\", "\\.", "\\n", "\\x61"});
        case 2:
            return pick({".", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S"});
        case 3:
            return pick({"[ab]", "[^ab]", "[a-b1]", "[\\d_]", "[^\\w\"]", "[\\\\.]", "[B\\s]", "[-a]", "[0-9A-Z]"});
        default:
            return pick({"(", "(?:"}) + sequence(depth - 1) + (below(2) == 0 ? "" : "|" + sequence(depth - 1)) + ")";
        }
    }

    std::mt19937 m_random;
};

TEST(Pattern, MatchesWhatStdRegexMatches)
{
    RandomPattern random(3);
    int n_matched = 0, n_tried = 0;
    for (int i = 0; i < 300; ++i) {
        const std::string pattern = random.pattern();
        SCOPED_TRACE(pattern);
        const Grammar grammar = grammar_of(pattern);
        GrammarMatcher matcher(grammar);
        const std::regex regex(pattern);
        for (int j = 0; j < 60; ++j, ++n_tried) {
            const std::string text = random.text();
            const bool matches = std::regex_search(text, regex);
            n_matched += matches;
            ASSERT_EQ(accepts(matcher, text), matches) << nlohmann::json(text).dump();
            ASSERT_FALSE(matcher.gave_up());
        }
    }
    EXPECT_GT(n_matched, n_tried / 5);
    EXPECT_GT(n_tried - n_matched, n_tried / 5);
}

TEST(Pattern, SaysWhatItCannotDo)
{
    const struct {
        std::string pattern, message;
    } cases[] = {
        {"a(?=b)", "at character 4, a group that begins with (?"},
        {"(?<!a)b", "a group that begins with (?"},
        {"(a)\\1", "at character 5, the escape \\1"},
        {"\\bword\\b", "the escape \\b"},
        {"\\p{L}", "the escape \\p"},
        {"a(^b)", "an anchor may stand only at an end"},
        {"a$b", "an anchor may stand only at an end"},
        {"*a", "'*' cannot stand here; write \\*"},
        {"a**", "'*' cannot stand here"},
        {"a{2,1}", "a repetition is written"},
        {"a{1000000}", "counts up to 100000"},
        {"a{x}", "a repetition is written"},
        {"[z-a]", "a range of a character class"},
        {"[\\d-z]", "a range of a character class"},
        {"[a", "a character class is never closed"},
        {"(a", "a group is never closed"},
        {"a)", "a ')' closes no group"},
        {"a\\", "the escape"},
        {"\\u12", "an escape needs 4 hexadecimal digits"},
        {"\\ud83d\\ude00", "of no surrogate"},
        {"\xff", "the pattern is not UTF-8"},
        {std::string(61, '('), "nested more than 60 deep"},
    };
    for (const auto& [pattern, message] : cases) {
        const auto gbnf = gbnf_of_pattern(pattern);
        ASSERT_FALSE(gbnf) << pattern;
        EXPECT_EQ(gbnf.error().code, ErrorCode::unsupported);
        EXPECT_NE(gbnf.error().message.find(message), std::string::npos) << pattern << "\n" << gbnf.error().message;
    }
    EXPECT_TRUE(
        Grammar::parse("root ::= " + *gbnf_of_pattern("^" + std::string(60, '(') + "a" + std::string(60, ')') + "$")));
}

} // namespace
} // namespace conclave
