#include "text/tokenizer.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "formats/gguf.hpp"
#include "golden_vocabulary.hpp"

namespace conclave
{
namespace
{

VocabularyData vocabulary_of(const ModelFile& file)
{
    VocabularyData data;
    for (const std::string_view token : *file.strings("tokenizer.ggml.tokens")) {
        data.tokens.emplace_back(token);
    }
    if (const auto* merges = file.strings("tokenizer.ggml.merges")) {
        data.merges.assign(merges->begin(), merges->end());
    }
    if (const auto* scores = file.numbers("tokenizer.ggml.scores")) {
        data.kind = VocabularyKind::sentence_piece;
        data.scores.assign(scores->begin(), scores->end());
    }
    for (const int64_t type : *file.integers("tokenizer.ggml.token_type")) {
        data.types.push_back(type == 2 || type == 3 ? TokenType::control
                             : type == 4            ? TokenType::user_defined
                             : type == 6            ? TokenType::byte
                                                    : TokenType::normal);
    }
    data.pre_tokenizer = file.string("tokenizer.ggml.pre").value_or("");
    return data;
}

struct Vectors {
    const char* vocabulary;
    int n_vocab;
};

/// The vectors that llama.cpp keeps of what Hugging Face's tokenizers give.
class TokenizerVectors : public testing::TestWithParam<Vectors>
{
};

TEST_P(TokenizerVectors, AreTheIdsOfThePublishedTokenizer)
{
    const std::string base =
        std::string(CONCLAVE_SOURCE_DIR) + "/../shared/data/tokenizers/ggml-vocab-" + GetParam().vocabulary + ".gguf";
    if (!std::filesystem::exists(base)) {
        GTEST_SKIP() << "the vocabulary is not here: " << base;
    }
    const auto file = open_gguf(base);
    ASSERT_TRUE(file) << file.error().message;
    const auto tokenizer = Tokenizer::create(vocabulary_of(*file));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->n_vocab(), GetParam().n_vocab);

    constexpr std::string_view separator = "\n__ggml_vocab_test__\n";
    const std::string inputs = read_file(base + ".inp");
    std::istringstream outputs(read_file(base + ".out"));
    int n_vectors = 0;
    for (size_t begin = 0; begin < inputs.size(); ++n_vectors) {
        const size_t end = std::min(inputs.find(separator, begin), inputs.size());
        const std::string text = inputs.substr(begin, end - begin);
        begin = end + separator.size();
        std::string line;
        ASSERT_TRUE(std::getline(outputs, line));
        std::istringstream numbers(line);
        std::vector<int32_t> expected;
        for (int32_t id = 0; numbers >> id;) {
            expected.push_back(id);
        }
        EXPECT_EQ((*tokenizer)->encode(text, {}), expected) << testing::PrintToString(text);
    }
    EXPECT_EQ(n_vectors, 46);
}

INSTANTIATE_TEST_SUITE_P(Published, TokenizerVectors,
                         testing::Values(Vectors{"deepseek-llm", 102'400}, Vectors{"llama-spm", 32'000}),
                         [](const auto& tested) {
                             return std::string(tested.param.vocabulary) == "llama-spm" ? "llama_spm" : "deepseek_llm";
                         });

} // namespace
} // namespace conclave
