#include "text/grammar/json_characters.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/grammar/grammar_matcher.hpp"

namespace conclave
{
namespace
{

std::string utf8(uint32_t code_point)
{
    std::vector<ByteSequence> sequences;
    append_utf8({code_point, code_point}, sequences);
    std::string out;
    for (int i = 0; i < sequences.at(0).size; ++i)
        out += static_cast<char>(sequences[0].bytes[static_cast<size_t>(i)].first);
    return out;
}

/// As the JSON library writes it, without the quotes.
std::string in_json(uint32_t code_point)
{
    const std::string quoted = nlohmann::json(utf8(code_point)).dump();
    return quoted.substr(1, quoted.size() - 2);
}

TEST(JsonCharacters, EachIsWrittenAsJsonHasIt)
{
    const std::vector<CodePointRange> sets[] = {{{0, last_code_point}},
                                                {{0, 0x1F}},
                                                {{8, 8}, {12, 12}, {0x1F, 0x22}, {'Z', ']'}},
                                                {{0, 7}, {0x7F, 0x80}, {0x7FF, 0x800}, {0xFFFF, 0x10000}},
                                                {{'\\', '\\'}},
                                                {{'"', '"'}},
                                                {{'a', 'a'}, {'^', '^'}, {'-', '-'}}};
    for (const auto& set : sets) {
        const std::string gbnf = json_characters(set);
        const Grammar grammar = *Grammar::parse("root ::= " + gbnf);
        GrammarMatcher matcher(grammar);
        for (uint32_t c = 0; c < 0x10100; c = c == 0xD7FF ? 0xE000 : c + 1) {
            bool fits = false;
            for (const CodePointRange& range : set)
                fits = fits || (range.first <= c && c <= range.last);
            ASSERT_EQ(matcher.accepts(matcher.step(matcher.begin(), in_json(c))), fits) << c << " in " << gbnf;
        }
        EXPECT_FALSE(matcher.accepts(matcher.step(matcher.begin(), "\""))) << gbnf;
        EXPECT_FALSE(matcher.accepts(matcher.step(matcher.begin(), "\n"))) << gbnf;
    }
}

TEST(JsonCharacters, NothingFitsAnEmptySet)
{
    const Grammar grammar = *Grammar::parse("root ::= \"x\" | " + json_characters({}));
    GrammarMatcher matcher(grammar);
    EXPECT_FALSE(matcher.accepts(matcher.begin()));
    EXPECT_EQ(matcher.step(matcher.begin(), "a"), GrammarMatcher::dead);
}

} // namespace
} // namespace conclave
