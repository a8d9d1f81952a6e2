// Masks against the naive check: a token may come when a matcher of its own says that the text with it is on its way.
#include "text/grammar/grammar_constraint.hpp"

#include <random>

#include <gtest/gtest.h>

#include "conclave/grammar.hpp"
#include "text/byte_alphabet.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{
namespace
{

/// All bytes and `n` random runs of them, some twice, some special; the last two end an answer.
std::shared_ptr<const Tokenizer> vocabulary(size_t n, bool with_bytes = true)
{
    std::mt19937 random(11);
    VocabularyData data;
    data.pre_tokenizer = "gpt-2";
    const std::string letters = "{}[]\",: \nabetruefalsn0123.-\\\xC3\xA9\xF0\x9F\x98\x80";
    for (int byte = 0; with_bytes && byte < 256; ++byte)
        data.tokens.push_back(spelling_of_byte(static_cast<uint8_t>(byte)));
    for (size_t i = 0; i < n; ++i) {
        std::string spelling;
        for (size_t k = 0; k < 1 + random() % 6; ++k)
            spelling += spelling_of_byte(static_cast<uint8_t>(letters[random() % letters.size()]));
        data.tokens.push_back(i % 50 == 7 ? data.tokens.back() : spelling);
    }
    data.types.assign(data.tokens.size(), TokenType::normal);
    for (const char* special : {"<|start|>", "true", "<|endoftext|>", "<|im_end|>"}) {
        data.tokens.push_back(special);
        data.types.push_back(TokenType::control);
    }
    data.eos = static_cast<int32_t>(data.tokens.size()) - 2;
    data.eot = static_cast<int32_t>(data.tokens.size()) - 1;
    return *Tokenizer::create(data);
}

std::vector<bool> naive(const std::string& gbnf, const std::string& text, const Tokenizer& tokenizer)
{
    const auto grammar = Grammar::parse(gbnf);
    std::vector<bool> out;
    for (int32_t id = 0; id < tokenizer.n_vocab(); ++id) {
        GrammarMatcher matcher(*grammar);
        const auto before = matcher.step(matcher.begin(), text);
        const std::string& bytes = tokenizer.token_bytes(id);
        if (tokenizer.is_end_of_generation(id))
            out.push_back(matcher.accepts(before));
        else
            out.push_back(!tokenizer.is_control(id) && !bytes.empty() &&
                          matcher.step(before, bytes) != GrammarMatcher::dead);
    }
    return out;
}

TEST(GrammarConstraint, MasksAreWhatCheckingEachTokenGives)
{
    const auto tokenizer = vocabulary(1500);
    const TokenTrie trie(*tokenizer);
    std::mt19937 random(3);
    const std::string json = *grammar_from_json_schema("{}");
    for (const std::string& gbnf :
         {json, std::string("root ::= [^\"]* \"\\\"\""), std::string("root ::= (\"{\" root \"}\")* [ab]{0,3}"),
          std::string("root ::= \"é\"+ | \"😀\" .")}) {
        for (int run = 0; run < 4; ++run) {
            auto made = GrammarConstraint::create(gbnf, trie, *tokenizer);
            ASSERT_TRUE(made);
            GrammarConstraint& constraint = **made;
            std::string text;
            for (int step = 0; step < 12 && !constraint.is_complete(); ++step) {
                const auto allowed = constraint.allowed();
                ASSERT_TRUE(allowed) << allowed.error().message;
                const std::vector<bool> expected = naive(gbnf, text, *tokenizer);
                std::vector<int32_t> choices;
                for (int32_t id = 0; id < tokenizer->n_vocab(); ++id) {
                    const bool may_come = GrammarConstraint::contains(*allowed, id);
                    ASSERT_EQ(may_come, expected[static_cast<size_t>(id)]) << id << " after " << text;
                    if (may_come && !tokenizer->is_end_of_generation(id))
                        choices.push_back(id);
                }
                if (choices.empty())
                    break;
                const int32_t id = choices[random() % choices.size()];
                text += tokenizer->token_bytes(id);
                constraint.advance(id);
            }
        }
    }
}

TEST(GrammarConstraint, AllowsTheEndWhereTheTextIsWhole)
{
    const auto tokenizer = vocabulary(0);
    const TokenTrie trie(*tokenizer);
    auto constraint = *GrammarConstraint::create("root ::= \"a\" \"b\"?", trie, *tokenizer);
    const int32_t end = tokenizer->n_vocab() - 2;
    EXPECT_FALSE(GrammarConstraint::contains(*constraint->allowed(), end));
    constraint->advance('a');
    EXPECT_TRUE(GrammarConstraint::contains(*constraint->allowed(), end));
    EXPECT_FALSE(constraint->is_complete());
    constraint->advance('b');
    EXPECT_TRUE(constraint->is_complete());
}

TEST(GrammarConstraint, SaysWhenNoTokenFits)
{
    const auto tokenizer = vocabulary(50, false);
    const TokenTrie trie(*tokenizer);
    auto constraint = *GrammarConstraint::create("root ::= \"Z\"", trie, *tokenizer);
    EXPECT_EQ(constraint->allowed().error().code, ErrorCode::invalid_argument);
}

TEST(GrammarConstraint, SaysWhenReadingsExplode)
{
    const auto tokenizer = vocabulary(0);
    const TokenTrie trie(*tokenizer);
    std::string text = "root ::= r0\n";
    for (int i = 0; i < 30; ++i) {
        const std::string next = "r" + std::to_string(i + 1);
        text += "r" + std::to_string(i) + " ::= " + next + " \"x\" | " + next + " \"y\"\n";
    }
    auto constraint = *GrammarConstraint::create(text + "r30 ::= \"z\"", trie, *tokenizer);
    EXPECT_NE(constraint->allowed().error().message.find("too ambiguous"), std::string::npos);
}

} // namespace
} // namespace conclave
