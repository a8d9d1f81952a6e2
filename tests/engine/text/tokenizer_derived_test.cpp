#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "conclave/utf8_stream.hpp"
#include "golden_vocabulary.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

TEST(TokenizerDerived, HaveTheIdsOfHuggingFaceAndStreamBack)
{
    const auto texts = derived_strings();
    std::ifstream file(golden_path("derived.txt"));
    size_t n_vocabularies = 0, n_texts = 0;
    for (std::string name; file >> name >> std::dec >> n_texts; ++n_vocabularies) {
        ASSERT_EQ(n_texts, texts.size());
        const auto tokenizer = golden_tokenizer(name);
        constexpr size_t n_parts = 10;
        for (size_t part = 0; part < n_parts; ++part) {
            std::string packed;
            const auto put = [&](int32_t id) {
                packed.push_back(static_cast<char>(id & 0xFF));
                packed.push_back(static_cast<char>(id >> 8 & 0xFF));
            };
            for (size_t i = part * n_texts / n_parts; i < (part + 1) * n_texts / n_parts; ++i) {
                Utf8Stream stream;
                std::string back, storage;
                for (const int32_t id : tokenizer->encode(texts[i], {.add_bos = false, .parse_special = true})) {
                    put(id);
                    back += stream.push(tokenizer->token_bytes(id));
                }
                back += stream.finish();
                ASSERT_EQ(back, valid_utf8(texts[i], storage)) << name << ", string " << i;
                put(0xFFFF);
            }
            uint64_t hash = 0;
            file >> std::hex >> hash;
            EXPECT_EQ(golden_hash(packed), hash) << name << ", strings from " << part * n_texts / n_parts << " on";
        }
    }
    EXPECT_EQ(n_vocabularies, 6u);
}

} // namespace
} // namespace conclave
