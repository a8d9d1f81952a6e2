#include "text/pre_tokenizer.hpp"

#include <array>
#include <fstream>

#include <gtest/gtest.h>

#include "golden_vocabulary.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

using Pieces = std::vector<std::string_view>;

Pieces pieces(const std::vector<SplitRule>& rules, std::string_view text)
{
    const auto made = PreTokenizer::create(rules);
    EXPECT_TRUE(made) << made.error().message;
    Pieces out;
    (*made)->split(text, out);
    return out;
}

TEST(PreTokenizer, CutsAtMatchesInOrder)
{
    EXPECT_EQ(pieces({}, "a b"), (Pieces{"a b"}));
    EXPECT_EQ(pieces({{.regex = R"(\d+)"}}, "ab12c3"), (Pieces{"ab", "12", "c", "3"}));
    EXPECT_EQ(pieces({{.regex = R"(\d+)"}, {.regex = "[a1]"}}, "ab12"), (Pieces{"a", "b", "1", "2"}));
    EXPECT_EQ(pieces({{.regex = ".", .is_literal = true}}, "a.b"), (Pieces{"a", ".", "b"}));
}

TEST(PreTokenizer, DropsWhatItIsToldTo)
{
    EXPECT_EQ(pieces({{.regex = " ", .drops_matches = true}}, "a b  c"), (Pieces{"a", "b", "c"}));
    EXPECT_EQ(pieces({{.regex = "[a-z]+", .drops_rest = true}}, "a-bc-"), (Pieces{"a", "bc"}));
}

TEST(PreTokenizer, AMatchOfNothingCutsAndMovesOn)
{
    EXPECT_EQ(pieces({{.regex = "x*"}}, "aüx"), (Pieces{"a", "ü", "x"}));
    EXPECT_EQ(pieces({{.regex = "(?=b)"}}, "abab"), (Pieces{"a", "ba", "b"}));
}

TEST(PreTokenizer, ReadsRegexesAsOnigurumaDoes)
{
    EXPECT_EQ(pieces({{.regex = R"(\s+$)"}}, "a  \nb "), (Pieces{"a", "  ", "\nb", " "})) << "$ at every line";
    EXPECT_EQ(pieces({{.regex = R"(\s)"}}, "a\u180Eb\u3000c"), (Pieces{"a\u180Eb", "\u3000", "c"}));
}

TEST(PreTokenizer, CutsAsPublishedWhereThereIsNoGoldenVocabulary)
{
    auto texts = golden_strings();
    for (const std::string& bytes : derived_strings()) {
        std::string storage;
        texts.emplace_back(valid_utf8(bytes, storage));
    }
    ASSERT_EQ(texts.size(), 5000u);
    std::ifstream file(golden_path("splits.txt"));
    size_t n_rules = 0, n_texts = 0;
    for (std::string name; file >> name >> std::dec >> n_texts; ++n_rules) {
        ASSERT_EQ(n_texts, texts.size());
        const auto made = PreTokenizer::create(name);
        ASSERT_TRUE(made) << name;
        constexpr size_t n_parts = 10;
        for (size_t part = 0; part < n_parts; ++part) {
            std::string cut;
            for (size_t i = part * n_texts / n_parts; i < (part + 1) * n_texts / n_parts; ++i) {
                Pieces found;
                (*made)->split(texts[i], found);
                for (const std::string_view piece : found)
                    cut.append(piece).append("\xff");
                cut += '\xfe';
            }
            uint64_t hash = 0;
            file >> std::hex >> hash;
            EXPECT_EQ(golden_hash(cut), hash) << name << ", strings from " << part * n_texts / n_parts << " on";
        }
    }
    EXPECT_EQ(n_rules, 4u);
}

TEST(PreTokenizer, ARegexThatIsNoneIsNamed)
{
    for (const char* regex : {"(", "[a", "a\\", R"([\p{L}&&[^\p{Han})"}) {
        const std::vector<SplitRule> rules = {{.regex = regex}};
        const auto made = PreTokenizer::create(rules);
        ASSERT_FALSE(made) << regex;
        EXPECT_EQ(made.error().code, ErrorCode::unsupported);
        EXPECT_NE(made.error().message.find(regex), std::string::npos) << made.error().message;
    }
}

} // namespace
} // namespace conclave
