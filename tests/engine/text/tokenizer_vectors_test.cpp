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

VocabularyData vocabulary_of(const Gguf& file)
{
    VocabularyData data;
    for (const std::string_view token : *file.strings("tokenizer.ggml.tokens")) {
        data.tokens.emplace_back(token);
    }
    for (const std::string_view merge : *file.strings("tokenizer.ggml.merges")) {
        data.merges.emplace_back(merge);
    }
    for (const int64_t type : *file.integers("tokenizer.ggml.token_type")) {
        data.types.push_back(type == 3 ? TokenType::control : type == 4 ? TokenType::user_defined : TokenType::normal);
    }
    data.pre_tokenizer = file.string("tokenizer.ggml.pre").value_or("");
    return data;
}

/// The vectors that llama.cpp keeps of what Hugging Face's tokenizer for DeepSeek-LLM gives.
TEST(TokenizerVectors, DeepseekLlm)
{
    const std::string base =
        std::string(CONCLAVE_SOURCE_DIR) + "/../shared/data/tokenizers/ggml-vocab-deepseek-llm.gguf";
    if (!std::filesystem::exists(base)) {
        GTEST_SKIP() << "the vocabulary is not here: " << base;
    }
    const auto file = Gguf::open(base);
    ASSERT_TRUE(file) << file.error().message;
    const auto tokenizer = Tokenizer::create(vocabulary_of(*file));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->n_vocab(), 102'400);

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

} // namespace
} // namespace conclave
