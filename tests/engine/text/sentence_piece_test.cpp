#include "text/sentence_piece.hpp"

#include <gtest/gtest.h>

#include "text/tokenizer.hpp"

namespace conclave
{
namespace
{

// A vocabulary small enough to merge by hand: the higher score wins, whatever the order of ids.
VocabularyData small_vocabulary()
{
    VocabularyData data;
    data.kind = VocabularyKind::sentence_piece;
    const auto add = [&](const char* text, float score, TokenType type = TokenType::normal) {
        data.tokens.emplace_back(text);
        data.scores.push_back(score);
        data.types.push_back(type);
    };
    add("<unk>", 0, TokenType::control); // 0
    add("<s>", 0, TokenType::control);   // 1
    add("\xE2\x96\x81", -10);            // 2
    add("a", -11);                       // 3
    add("b", -12);                       // 4
    add("ab", -2);                       // 5
    add("\xE2\x96\x81"
        "a",
        -1);                              // 6: before "ab"
    add("bb", -3);                        // 7
    add("<0xC3>", 0, TokenType::byte);    // 8
    add("<0xBC>", 0, TokenType::byte);    // 9
    add("[tool]", 0, TokenType::control); // 10
    data.bos = 1;
    data.add_bos = true;
    data.unknown = 0;
    return data;
}

std::vector<int32_t> encode(const VocabularyData& data, std::string_view text, bool special = false)
{
    const auto tokenizer = Tokenizer::create(data);
    EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
    return (*tokenizer)->encode(text, {.parse_special = special});
}

TEST(SentencePiece, TheHigherScoreMergesFirst)
{
    EXPECT_EQ(encode(small_vocabulary(), "ab"), (std::vector<int32_t>{6, 4}));     // ▁a b, not ▁ ab
    EXPECT_EQ(encode(small_vocabulary(), "bab"), (std::vector<int32_t>{2, 4, 5})); // ▁ b ab
    EXPECT_EQ(encode(small_vocabulary(), "bbb"), (std::vector<int32_t>{2, 7, 4})); // leftmost of equals
    EXPECT_EQ(encode(small_vocabulary(), "b ab"), (std::vector<int32_t>{2, 4, 6, 4}));
}

TEST(SentencePiece, ACharacterWithoutATokenFallsBackToBytesThenToUnknown)
{
    EXPECT_EQ(encode(small_vocabulary(), "\xC3\xBC"), (std::vector<int32_t>{2, 8, 9}));
    EXPECT_EQ(encode(small_vocabulary(), "z"), (std::vector<int32_t>{2, 0}));
}

TEST(SentencePiece, TextAfterASpecialTokenBeginsWithABlankUnlessTheFileSaysNo)
{
    EXPECT_EQ(encode(small_vocabulary(), "[tool]a", true), (std::vector<int32_t>{10, 6}));
    VocabularyData data = small_vocabulary();
    data.blanks.prefix = BlankPrefix::never;
    EXPECT_EQ(encode(data, "[tool]a", true), (std::vector<int32_t>{10, 3}));
    EXPECT_EQ(encode(data, ""), (std::vector<int32_t>{}));
}

TEST(SentencePiece, ATokenIsItsTextWithBlanks)
{
    const auto tokenizer = Tokenizer::create(small_vocabulary());
    EXPECT_EQ((*tokenizer)->token_bytes(6), " a");
    EXPECT_EQ((*tokenizer)->token_bytes(8), "\xC3");
    EXPECT_EQ(with_blanks("x\xE2\x96\x81\xE2\x96\x81y"), "x  y");
}

TEST(SentencePiece, FewerScoresThanTokensAreRefused)
{
    VocabularyData data = small_vocabulary();
    data.scores.pop_back();
    const auto tokenizer = Tokenizer::create(data);
    ASSERT_FALSE(tokenizer);
    EXPECT_EQ(tokenizer.error().message, "The vocabulary has 11 tokens and 10 scores; the file is damaged.");
}

} // namespace
} // namespace conclave
