#include "text/sentence_piece_model.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "conclave/utf8_stream.hpp"
#include "golden_vocabulary.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

TEST(SentencePieceModel, GivesTheIdsOfSentencePiece)
{
    auto data = read_sentence_piece_model(read_file(golden_path("llama.model")));
    ASSERT_TRUE(data) << data.error().message;
    EXPECT_EQ(data->bos, 1);
    EXPECT_EQ(data->eos, 2);
    EXPECT_EQ(data->unknown, 0);
    const auto tokenizer = Tokenizer::create(*std::move(data));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    auto texts = golden_strings();
    const auto derived = derived_strings();
    texts.insert(texts.end(), derived.begin(), derived.end());
    std::ifstream file(golden_path("llama.model.txt"));
    size_t n_texts = 0;
    file >> n_texts >> std::hex;
    ASSERT_EQ(n_texts, texts.size());
    constexpr size_t n_parts = 10;
    for (size_t part = 0; part < n_parts; ++part) {
        std::string packed;
        const auto put = [&](int32_t id) {
            packed.push_back(static_cast<char>(id & 0xFF));
            packed.push_back(static_cast<char>(id >> 8 & 0xFF));
        };
        for (size_t i = part * n_texts / n_parts; i < (part + 1) * n_texts / n_parts; ++i) {
            std::string storage;
            for (const int32_t id : (*tokenizer)->encode(valid_utf8(texts[i], storage), {})) {
                put(id);
            }
            put(0xFFFF);
        }
        uint64_t hash = 0;
        file >> hash;
        EXPECT_EQ(golden_hash(packed), hash) << "strings from " << part * n_texts / n_parts << " on";
    }
}

TEST(SentencePieceModel, DamagedFilesAreSentences)
{
    const std::string whole = read_file(golden_path("llama.model"));
    for (size_t size = 0; size < whole.size(); size += size < 2000 ? 1 : 97) {
        const auto cut = read_sentence_piece_model(whole.substr(0, size)); // a cut between fields may still be a model
        EXPECT_TRUE(cut || cut.error().message.ends_with('.')) << size;
    }
    const std::string_view broken[] = {"",
                                       "\x0A",
                                       "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
                                       "\x0A\x03\x0A\x01\xFF",
                                       "\x0F",
                                       "\x0A\x05\x0A\x01"
                                       "a\x18\x09"};
    for (const std::string_view bytes : broken) {
        const auto read = read_sentence_piece_model(bytes);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::format);
    }
    const auto unigram = read_sentence_piece_model("\x0A\x03\x0A\x01"
                                                   "a");
    ASSERT_FALSE(unigram);
    EXPECT_EQ(unigram.error().code, ErrorCode::unsupported);
}

} // namespace
} // namespace conclave
