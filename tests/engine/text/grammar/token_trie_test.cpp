#include "text/grammar/token_trie.hpp"

#include <gtest/gtest.h>

#include "text/tokenizer.hpp"

namespace conclave
{
namespace
{

TEST(TokenTrie, CountsWhatItMarks)
{
    VocabularyData data;
    data.pre_tokenizer = "gpt-2";
    data.tokens = {"b", "ab", "a", "abc", "", "a", "abd", "ac", "<end>"};
    data.types.assign(9, TokenType::normal);
    data.types[8] = TokenType::control;
    data.eos = 8;
    const auto tokenizer = *Tokenizer::create(data);
    const TokenTrie trie(*tokenizer);
    const auto grammar = Grammar::parse("root ::= \"ab\" [cx]");
    GrammarMatcher matcher(*grammar);
    std::vector<uint64_t> allowed(1);
    std::vector<GrammarMatcher::State> room;
    EXPECT_EQ(trie.mark(matcher, matcher.begin(), allowed, room), 4u);
    EXPECT_EQ(allowed[0], 0b101110u) << "ab, both a, abc";
}

} // namespace
} // namespace conclave
