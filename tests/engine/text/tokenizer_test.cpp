#include "text/tokenizer.hpp"

#include <algorithm>
#include <ctime>
#include <thread>

#include <gtest/gtest.h>

#include "conclave/utf8_stream.hpp"
#include "golden_vocabulary.hpp"
#include "text/byte_alphabet.hpp"

namespace conclave
{
namespace
{

constexpr TokenizeOptions plain{};
constexpr TokenizeOptions with_special{.add_bos = false, .parse_special = true};

/// A vocabulary of the 256 bytes (ids 0 to 255) and what a test adds.
VocabularyData byte_vocabulary(std::string pre_tokenizer = "deepseek-v3")
{
    VocabularyData data;
    data.pre_tokenizer = std::move(pre_tokenizer);
    for (int byte = 0; byte < 256; ++byte) {
        data.tokens.push_back(spelling_of_byte(static_cast<uint8_t>(byte)));
    }
    data.types.assign(256, TokenType::normal);
    return data;
}

int32_t add(VocabularyData& data, std::string text, TokenType type)
{
    data.tokens.push_back(std::move(text));
    data.types.push_back(type);
    return static_cast<int32_t>(data.tokens.size()) - 1;
}

void add_merge(VocabularyData& data, const std::string& left, const std::string& right)
{
    add(data, left + right, TokenType::normal);
    data.merges.push_back(left + " " + right);
}

std::shared_ptr<const Tokenizer> make(VocabularyData data)
{
    auto tokenizer = Tokenizer::create(std::move(data));
    EXPECT_TRUE(tokenizer) << tokenizer.error().message;
    return *tokenizer;
}

class Goldens : public testing::TestWithParam<const char*>
{
};

TEST_P(Goldens, IdsEqualHuggingFace)
{
    const auto strings = golden_strings();
    const GoldenVocabulary golden = golden_vocabulary(GetParam());
    const auto tokenizer = golden_tokenizer(GetParam());
    ASSERT_EQ(strings.size(), 2000u);
    int wrong = 0;
    for (size_t i = 0; i < strings.size() && wrong < 5; ++i) {
        const auto ids = tokenizer->encode(strings[i], with_special);
        EXPECT_EQ(ids, golden.ids[i]) << i << ": " << testing::PrintToString(strings[i]);
        wrong += ids == golden.ids[i] ? 0 : 1;
    }
}

TEST_P(Goldens, DecodingGivesTheTextBack)
{
    const auto strings = golden_strings();
    const auto tokenizer = golden_tokenizer(GetParam());
    for (const std::string& string : strings) {
        for (const TokenizeOptions& options : {plain, with_special}) {
            Utf8Stream by_token;
            Utf8Stream by_byte;
            std::string tokens;
            std::string bytes;
            for (const int32_t id : tokenizer->encode(string, options)) {
                tokens += by_token.push(tokenizer->token_bytes(id));
                for (const char c : tokenizer->token_bytes(id)) {
                    bytes += by_byte.push({&c, 1});
                }
            }
            tokens += by_token.finish();
            bytes += by_byte.finish();
            ASSERT_EQ(tokens, string);
            ASSERT_EQ(bytes, string);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(PreTokenizers, Goldens,
                         testing::Values("deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen2", "llama3", "gpt-2"),
                         [](const auto& rule) {
                             std::string name = rule.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Tokenizer, AliasesCutAsTheRuleTheyName)
{
    const auto strings = golden_strings();
    VocabularyData data = golden_vocabulary("qwen2").data;
    const auto qwen2 = make(data);
    data.pre_tokenizer = "deepseek-r1-qwen";
    const auto alias = make(data);
    for (const std::string& string : strings) {
        ASSERT_EQ(alias->encode(string, plain), qwen2->encode(string, plain));
    }
}

TEST(Tokenizer, LowestRankMergesFirstAndLeftmostAmongEquals)
{
    VocabularyData data = byte_vocabulary();
    add_merge(data, "b", "c");   // 256
    add_merge(data, "a", "b");   // 257
    add_merge(data, "a", "a");   // 258
    add_merge(data, "aa", "aa"); // 259
    add_merge(data, "ab", "bc"); // 260
    const auto tokenizer = make(data);
    using Ids = std::vector<int32_t>;
    EXPECT_EQ(tokenizer->encode("abc", plain), (Ids{'a', 256}));
    EXPECT_EQ(tokenizer->encode("aaa", plain), (Ids{258, 'a'}));
    EXPECT_EQ(tokenizer->encode("aaaaaaa", plain), (Ids{259, 258, 'a'}));
    EXPECT_EQ(tokenizer->encode("abbc", plain), (Ids{260}));
}

TEST(Tokenizer, SpecialTokensAreReadOnlyWhenAskedLongestFirst)
{
    VocabularyData data = byte_vocabulary();
    const int32_t user = add(data, "<｜User｜>", TokenType::control);
    const int32_t user_too = add(data, "<｜User｜>!", TokenType::control);
    const int32_t think = add(data, "<think>", TokenType::user_defined);
    const int32_t letter = add(data, "ü", TokenType::user_defined);
    data.bos = add(data, "<bos>", TokenType::control);
    data.add_bos = true;
    const auto tokenizer = make(data);
    using Ids = std::vector<int32_t>;
    EXPECT_EQ(tokenizer->encode("a<｜User｜>b<｜User｜>!<think>", with_special),
              (Ids{'a', user, 'b', user_too, think}));
    const auto typed = tokenizer->encode("<｜User｜><think>ü", plain);
    EXPECT_EQ(std::count(typed.begin(), typed.end(), user), 0);
    EXPECT_EQ(std::count(typed.begin(), typed.end(), think), 0);
    EXPECT_EQ(typed.back(), letter);
    EXPECT_EQ(tokenizer->encode("a", {.add_bos = true, .parse_special = false}), (Ids{data.bos, 'a'}));
    EXPECT_TRUE(tokenizer->adds_bos());
    EXPECT_EQ(tokenizer->token_bytes(user), "<｜User｜>");
    EXPECT_TRUE(tokenizer->is_control(user));
    EXPECT_FALSE(tokenizer->is_control(think));
    EXPECT_EQ(tokenizer->special_texts().front(), "<｜User｜>!");
    EXPECT_EQ(tokenizer->special_texts().size(), 4u);
    EXPECT_EQ(tokenizer->token_bytes(-1), "");
    EXPECT_EQ(tokenizer->token_bytes(tokenizer->n_vocab()), "");
}

TEST(Tokenizer, InvalidUtf8IsReadAsReplacementCharacters)
{
    const auto tokenizer = golden_tokenizer("deepseek-v3");
    EXPECT_EQ(tokenizer->encode("a\xFF\xE4\xBD z\xF0\x9F", plain), tokenizer->encode("a\uFFFD\uFFFD z\uFFFD", plain));
}

TEST(Tokenizer, EndOfGeneration)
{
    VocabularyData data = byte_vocabulary();
    data.eos = add(data, "<eos>", TokenType::control);
    data.eot = add(data, "<turn>", TokenType::control);
    const int32_t im_end = add(data, "<|im_end|>", TokenType::control);
    const int32_t end = add(data, "<|end|>", TokenType::control);
    auto tokenizer = make(data);
    for (const int32_t id : {data.eos, data.eot, im_end, end}) {
        EXPECT_TRUE(tokenizer->is_end_of_generation(id)) << id;
    }
    EXPECT_FALSE(tokenizer->is_end_of_generation('a'));
    EXPECT_FALSE(tokenizer->is_end_of_generation(-1));

    const int32_t call = add(data, "<|call|>", TokenType::control);
    EXPECT_TRUE(make(data)->is_end_of_generation(end)); // <|call|> alone is no harmony
    const int32_t ret = add(data, "<|return|>", TokenType::control);
    tokenizer = make(data);
    EXPECT_FALSE(tokenizer->is_end_of_generation(end));
    EXPECT_TRUE(tokenizer->is_end_of_generation(call));
    EXPECT_TRUE(tokenizer->is_end_of_generation(ret));
}

TEST(Tokenizer, BadVocabulariesAreErrors)
{
    VocabularyData data = byte_vocabulary("gpt-9");
    auto result = Tokenizer::create(data);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unsupported);
    EXPECT_NE(result.error().message.find("deepseek-v3"), std::string::npos) << result.error().message;

    for (const char* merge : {"a zz", "zz a", "a b", "ab", "a ", " a"}) {
        data = byte_vocabulary();
        data.merges.push_back(merge);
        result = Tokenizer::create(data);
        ASSERT_FALSE(result) << merge;
        EXPECT_EQ(result.error().code, ErrorCode::format);
    }
    data = byte_vocabulary();
    data.types.pop_back();
    EXPECT_EQ(Tokenizer::create(data).error().code, ErrorCode::format);

    data = VocabularyData{};
    data.pre_tokenizer = "qwen2";
    data.bos = data.eos = 7; // out of range: as if absent
    const auto empty = make(data);
    EXPECT_TRUE(empty->encode("abc", {.add_bos = true, .parse_special = true}).empty());
    EXPECT_EQ(empty->bos(), -1);
}

/// A megabyte without a place to cut took hours if any step were quadratic.
TEST(Tokenizer, LongLinesTakeLinearTime)
{
    constexpr size_t n = 1 << 18; // a quadratic encoder would take minutes for each
    std::string repeated;
    std::string blanks_then_cjk(n, ' ');
    blanks_then_cjk += "中";
    while (repeated.size() < n) {
        repeated += "therouter";
    }
    std::string cjk;
    while (cjk.size() < n) {
        cjk += "模";
    }
    const std::string texts[] = {std::string(n, 'a'),  std::string(n, ' '),
                                 std::string(n, '\n'), std::string(n, '1'),
                                 std::string(n, '<'),  std::string(n, '.'),
                                 std::string(n, '\0'), repeated,
                                 blanks_then_cjk,      cjk};
    for (const char* name : {"deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen2", "llama3", "gpt-2"}) {
        const auto tokenizer = golden_tokenizer(name);
        for (const std::string& text : texts) {
            const std::clock_t start = std::clock(); // of this process: others may be busy
            std::string back;
            for (const int32_t id : tokenizer->encode(text, with_special)) {
                back += tokenizer->token_bytes(id);
            }
            EXPECT_EQ(back, text);
            EXPECT_LT(static_cast<double>(std::clock() - start), 20.0 * CLOCKS_PER_SEC)
                << name << " " << text.substr(0, 8);
        }
    }
}

TEST(Tokenizer, ThreadsShareOne)
{
    const auto strings = golden_strings();
    const GoldenVocabulary golden = golden_vocabulary("qwen2");
    const auto tokenizer = golden_tokenizer("qwen2");
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (size_t t = 0; t < wrong.size(); ++t) {
        threads.emplace_back([&, t] {
            for (size_t i = t; i < strings.size(); i += 3) {
                wrong[t] += tokenizer->encode(strings[i], with_special) == golden.ids[i] ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

} // namespace
} // namespace conclave
