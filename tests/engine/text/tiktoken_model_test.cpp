#include "text/tiktoken_model.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "golden_vocabulary.hpp"
#include "text/byte_alphabet.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

std::string base64(std::string_view bytes)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; ++j) {
            bits = bits << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
        }
        for (size_t j = 0; j < 4; ++j) {
            out += i + j <= bytes.size() ? alphabet[bits >> (18 - 6 * j) & 63] : '=';
        }
    }
    return out;
}

/// The tokens of the golden vocabulary "qwen2", in the order of tests/golden/text/make_tiktoken.py.
std::string rank_file(bool mixed)
{
    std::vector<std::string> single, longer, all;
    const VocabularyData data = golden_vocabulary("qwen2").data;
    for (size_t i = 0; i < data.tokens.size(); ++i) {
        std::string bytes;
        if (data.types[i] == TokenType::normal && bytes_of_spelling(data.tokens[i], bytes)) {
            all.push_back(bytes);
            (bytes.size() == 1 ? single : longer).push_back(bytes);
        }
    }
    if (mixed) {
        all = single;
        for (size_t i = 0; i < longer.size(); ++i) {
            all.push_back(longer[7919 * i % longer.size()]);
        }
    }
    std::string out;
    for (size_t rank = 0; rank < all.size(); ++rank) {
        out += base64(all[rank]) + " " + std::to_string(rank) + "\n";
    }
    return out;
}

TEST(TiktokenModel, GivesTheIdsOfTiktoken)
{
    auto texts = golden_strings();
    const auto derived = derived_strings();
    texts.insert(texts.end(), derived.begin(), derived.end());
    std::ifstream file(golden_path("tiktoken.txt"));
    for (const bool mixed : {false, true}) {
        auto data = read_tiktoken_model(rank_file(mixed));
        ASSERT_TRUE(data) << data.error().message;
        data->pre_tokenizer = "kimi-k2";
        const auto tokenizer = Tokenizer::create(*std::move(data));
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        std::string name;
        size_t n_texts = 0;
        file >> name >> std::dec >> n_texts >> std::hex;
        ASSERT_EQ(name, mixed ? "mixed" : "trained");
        ASSERT_EQ(n_texts, texts.size());
        constexpr size_t n_parts = 10;
        for (size_t part = 0; part < n_parts; ++part) {
            std::string packed;
            const auto put = [&](int32_t id) {
                packed.push_back(static_cast<char>(id & 0xFF));
                packed.push_back(static_cast<char>(id >> 8 & 0xFF));
            };
            for (size_t i = part * n_texts / n_parts; i < (part + 1) * n_texts / n_parts; ++i) {
                for (const int32_t id : (*tokenizer)->encode(texts[i], {})) {
                    put(id);
                }
                put(0xFFFF);
            }
            uint64_t hash = 0;
            file >> hash;
            EXPECT_EQ(golden_hash(packed), hash) << name << ": strings from " << part * n_texts / n_parts << " on";
        }
    }
}

/// "aaa" comes of "a" and "aa" in either order. As the package tiktoken says.
TEST(TiktokenModel, PairsOfOneTokenGoFromTheLeft)
{
    auto data = read_tiktoken_model("YQ== 0\nYWE= 1\nYWFh 2\nYg== 3\nYWFhYQ== 4\n");
    ASSERT_TRUE(data) << data.error().message;
    data->pre_tokenizer = "kimi-k2";
    const auto tokenizer = Tokenizer::create(*std::move(data));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->encode("aaaa", {}), (std::vector<int32_t>{4})) << "a piece that is a token stays one";
    EXPECT_EQ((*tokenizer)->encode("aaaaa", {}), (std::vector<int32_t>{1, 2}));
    EXPECT_EQ((*tokenizer)->encode("aaaaaa", {}), (std::vector<int32_t>{4, 1}));
    EXPECT_EQ((*tokenizer)->encode("aaaaaaa", {}), (std::vector<int32_t>{4, 2}));
}

TEST(TiktokenModel, DamagedFilesAreSentences)
{
    const std::string whole = rank_file(false);
    for (size_t size = 0; size < whole.size(); size += 37) {
        const auto cut = read_tiktoken_model(whole.substr(0, size)); // a cut between lines is a smaller vocabulary
        EXPECT_TRUE(cut || cut.error().message.ends_with('.')) << size;
    }
    const std::pair<const char*, const char*> cases[] = {
        {"", "ranks are missing"},
        {"YQ== 1\n", "ranks are missing"},
        {"YQ== 99\n", "line 1 has a rank beyond"},
        {"YQ== 0\nYg== 0\n", "line 2 has the rank of an earlier one"},
        {"YQ==\n", "line 1 is not a token in base64"},
        {"YQ== -1\n", "line 1 is not"},
        {"YQ== 0 1\n", "line 1 is not"},
        {"YQ= 0\n", "line 1 is not"},
        {"Y*== 0\n", "line 1 is not"},
        {" 0\n", "line 1 is not"},
        {"==== 0\n", "line 1 is not"},
    };
    for (const auto& [text, message] : cases) {
        const auto read = read_tiktoken_model(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, ErrorCode::format);
        EXPECT_NE(read.error().message.find(message), std::string::npos) << read.error().message;
    }
    EXPECT_EQ(read_tiktoken_model("YQ== 0\r\n\r\nYg== 1")->tokens, (std::vector<std::string>{"a", "b"}));
}

} // namespace
} // namespace conclave
