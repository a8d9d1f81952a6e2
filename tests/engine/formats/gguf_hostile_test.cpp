// Every truncated prefix and a thousand mutations of a small file: an error or a working load, never a crash. What
// loads is read through every accessor, so that a sanitizer sees a view that points astray.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "formats/gguf.hpp"
#include "gguf_writer.hpp"
#include "scratch_folder.hpp"

namespace conclave
{
namespace
{

std::vector<uint8_t> sound_file()
{
    return GgufWriter()
        .add_kv("general.architecture", "deepseek2")
        .add_kv("deepseek2.block_count", uint32_t{2})
        .add_kv("deepseek2.rope.freq_base", 10000.0f)
        .add_kv("tokenizer.ggml.tokens", std::vector<std::string>{"<s>", "</s>", "a", "b", "ab"})
        .add_kv("tokenizer.ggml.scores", std::vector<float>{0, 0, 1, 2, 3})
        .add_kv("tokenizer.ggml.token_type", std::vector<int32_t>{3, 3, 1, 1, 1})
        .add_kv("tokenizer.ggml.add_bos_token", true)
        .add_tensor("token_embd.weight", {8, 5}, std::vector<float>(40, 0.5f))
        .add_tensor("blk.0.ffn_down_exps.weight", {32, 2, 2}, 8, std::vector<uint8_t>(34 * 4, 1))
        .add_tensor("blk.1.attn_q.weight", {256}, 12, std::vector<uint8_t>(144, 1))
        .bytes();
}

/// True when it loads; what it holds is touched.
bool survives(const std::filesystem::path& path)
{
    const auto file = Gguf::open(path);
    if (!file) {
        EXPECT_FALSE(file.error().message.empty());
        return false;
    }
    uint64_t sum = file->hash().size();
    for (const GgufTensor& tensor : file->tensors()) {
        EXPECT_EQ(file->find(tensor.name), &tensor);
        for (const uint8_t byte : tensor.bytes)
            sum += byte;
    }
    for (const char* key : {"general.architecture", "tokenizer.ggml.tokens", "tokenizer.ggml.scores",
                            "deepseek2.block_count", "tokenizer.ggml.add_bos_token"}) {
        sum += file->string(key).value_or("").size() + static_cast<uint64_t>(file->integer(key).value_or(0));
        sum += file->number(key).value_or(0) > 0 ? 1u : 0u;
        if (const auto* strings = file->strings(key))
            for (const std::string_view text : *strings)
                for (const char c : text)
                    sum += static_cast<unsigned char>(c);
    }
    return sum != 0;
}

TEST(GgufHostile, EveryPrefixIsAnErrorOrALoad)
{
    const ScratchFolder folder;
    const auto bytes = sound_file();
    GgufWriter::write_bytes(folder / "whole.gguf", bytes);
    EXPECT_TRUE(survives(folder / "whole.gguf"));
    for (size_t n = 0; n < bytes.size(); ++n) {
        GgufWriter::write_bytes(folder / "cut.gguf", std::span(bytes).first(n));
        EXPECT_FALSE(survives(folder / "cut.gguf")) << "the first " << n << " bytes of " << bytes.size();
    }
}

TEST(GgufHostile, AThousandMutationsNeverCrash)
{
    const ScratchFolder folder;
    const auto sound = sound_file();
    std::mt19937 random(1);
    int n_loads = 0;
    for (int i = 0; i < 1000; ++i) {
        auto bytes = sound;
        const int n_changes = 1 + static_cast<int>(random() % 4);
        for (int change = 0; change < n_changes; ++change) {
            const size_t at = random() % bytes.size();
            switch (random() % 5) {
            case 0:
                bytes[at] = static_cast<uint8_t>(random());
                break;
            case 1:
                bytes[at] ^= static_cast<uint8_t>(1u << random() % 8);
                break;
            case 2:
                std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(at), std::min<size_t>(8, bytes.size() - at),
                            uint8_t{0xFF});
                break;
            case 3:
                bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at));
                break;
            default:
                bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(random()));
                break;
            }
        }
        GgufWriter::write_bytes(folder / "mutated.gguf", bytes);
        n_loads += survives(folder / "mutated.gguf") ? 1 : 0;
    }
    // Both ends of the road are walked: changed contents load, changed structure does not.
    EXPECT_GT(n_loads, 50);
    EXPECT_LT(n_loads, 950);
}

} // namespace
} // namespace conclave
