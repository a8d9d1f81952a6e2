#include "text/tokenizer_json.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden_vocabulary.hpp"

namespace conclave
{
namespace
{

using nlohmann::json;

constexpr TokenizeOptions with_special{.add_bos = false, .parse_special = true};

/// Vocabularies of tests/golden/text/make_json.py.
class TokenizerJson : public testing::TestWithParam<const char*>
{
protected:
    static std::shared_ptr<const Tokenizer> tokenizer()
    {
        const json root = json::parse(read_file(golden_path(std::string("json/") + GetParam() + ".json")));
        auto vocabulary = read_tokenizer_json(root);
        EXPECT_TRUE(vocabulary) << vocabulary.error().message;
        auto made = Tokenizer::create(*std::move(vocabulary));
        EXPECT_TRUE(made) << made.error().message;
        return *made;
    }
    static std::vector<std::string> texts()
    {
        const auto strings = golden_strings();
        std::vector<std::string> chosen;
        for (size_t i = 0; i < strings.size(); ++i) {
            if (i % 6 == 0 || i >= strings.size() - 60) {
                chosen.push_back(strings[i]);
            }
        }
        return chosen;
    }
};

TEST_P(TokenizerJson, IdsEqualHuggingFace)
{
    const std::string golden = read_file(golden_path(std::string("json/") + GetParam() + ".ids"));
    size_t at = 0;
    const auto number = [&] {
        uint16_t value = 0;
        std::memcpy(&value, golden.data() + at, sizeof value);
        at += sizeof value;
        return value;
    };
    const auto made = tokenizer();
    int wrong = 0;
    for (const std::string& text : texts()) {
        ASSERT_LT(at, golden.size());
        std::vector<int32_t> ids(number());
        ASSERT_LE(at + 2 * ids.size(), golden.size());
        std::ranges::generate(ids, number);
        const auto ours = made->encode(text, with_special);
        EXPECT_EQ(ours, ids) << testing::PrintToString(text);
        wrong += ours == ids ? 0 : 1;
        ASSERT_LT(wrong, 5);
    }
    EXPECT_EQ(at, golden.size());
}

INSTANTIATE_TEST_SUITE_P(Golden, TokenizerJson,
                         testing::Values("qwen2", "deepseek-v3", "deepseek-llm", "llama3", "gpt-2", "o200k", "llama2",
                                         "mixtral", "metaspace"),
                         [](const auto& tested) {
                             std::string name = tested.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

/// The smallest file that is sound.
json small()
{
    return {{"added_tokens", json::array({{{"id", 3}, {"content", "<s>"}, {"special", true}}})},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}},
            {"model",
             {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", json::array({{"a", "b"}})}}}};
}

Result<VocabularyData> read(const json& root)
{
    return read_tokenizer_json(json::parse(root.dump())); // as from a file: all counts unsigned
}

std::string error_of(const json& root)
{
    const auto vocabulary = read(root);
    return vocabulary ? "" : vocabulary.error().message;
}

TEST(TokenizerJsonParts, ReadsWhatTheSmallestFileSays)
{
    const auto vocabulary = read(small());
    ASSERT_TRUE(vocabulary) << vocabulary.error().message;
    EXPECT_EQ(vocabulary->kind, VocabularyKind::byte_level_bpe);
    EXPECT_EQ(vocabulary->tokens, (std::vector<std::string>{"a", "b", "ab", "<s>"}));
    EXPECT_EQ(vocabulary->types[3], TokenType::control);
    EXPECT_EQ(vocabulary->merges, (std::vector<std::string>{"a b"}));
    EXPECT_FALSE(vocabulary->add_bos);
    const auto made = Tokenizer::create(*vocabulary);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ((*made)->encode("abb<s>", with_special), (std::vector<int32_t>{2, 1, 3}));
}

TEST(TokenizerJsonParts, BosComesFromThePostProcessor)
{
    json root = small();
    root["post_processor"] = {
        {"type", "Sequence"},
        {"processors", json::array({{{"type", "ByteLevel"}},
                                    {{"type", "TemplateProcessing"},
                                     {"single", json::array({{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
                                                             {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})}}})}};
    const auto vocabulary = read(root);
    ASSERT_TRUE(vocabulary);
    EXPECT_EQ(vocabulary->bos, 3);
    EXPECT_TRUE(vocabulary->add_bos);
}

TEST(TokenizerJsonParts, HolesAreTokensThatAreNotThere)
{
    json root = small();
    root["added_tokens"][0]["id"] = 6;
    const auto vocabulary = read(root);
    ASSERT_TRUE(vocabulary);
    EXPECT_EQ(vocabulary->tokens.size(), 7u);
    EXPECT_EQ(vocabulary->types[4], TokenType::unused);
    root["added_tokens"][0]["id"] = 2'000'000'000;
    EXPECT_NE(error_of(root).find("sensible id"), std::string::npos);
}

TEST(TokenizerJsonParts, SaysWhatItDoesNotKnow)
{
    const auto bent = [](const char* pointer, const json& value) {
        json root = small();
        root[json::json_pointer(pointer)] = value;
        return error_of(root);
    };
    const auto says = [](const std::string& message, const std::string& text) {
        return message.find(text) != std::string::npos && message.ends_with('.');
    };
    EXPECT_TRUE(says(bent("/model/type", "Unigram"), "\"Unigram\""));
    EXPECT_TRUE(says(bent("/model/end_of_word_suffix", "</w>"), "end_of_word_suffix"));
    EXPECT_TRUE(says(bent("/normalizer", {{"type", "Lowercase"}}), "normalizer \"Lowercase\""));
    EXPECT_TRUE(says(bent("/pre_tokenizer", {{"type", "Whitespace"}}), "pre-tokenizer \"Whitespace\""));
    EXPECT_TRUE(says(bent("/pre_tokenizer", nullptr), "neither bytes"));
    EXPECT_TRUE(
        says(bent("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "a"}}}, {"behavior", "MergedWithNext"}}),
             "\"MergedWithNext\""));
    EXPECT_TRUE(says(bent("/added_tokens/0/single_word", true), "whole words"));
    EXPECT_TRUE(says(bent("/added_tokens/0/content", ""), "no content"));
    EXPECT_TRUE(says(bent("/added_tokens/0/id", -1), "sensible id"));
    EXPECT_TRUE(says(bent("/model/vocab/a", "x"), "sensible id"));
    EXPECT_TRUE(says(bent("/model/merges/0", 7), "not two tokens"));
    EXPECT_TRUE(says(bent("/model/merges", nullptr), "no merges"));
    EXPECT_TRUE(says(bent("/model", 7), "no model"));
    EXPECT_TRUE(says(bent("/pre_tokenizer", {{"type", "Sequence"}}), "no parts"));
    EXPECT_TRUE(says(bent("/pre_tokenizer", json::array({1})), "no object"));
}

} // namespace
} // namespace conclave
