#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/gguf.hpp"
#include "formats/gguf_writer.hpp"

namespace conclave
{

/// A small file with a bit of everything: the seed of mutations.
inline std::vector<uint8_t> sound_gguf()
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

/// Reads every byte that `file` shows, through every accessor, so that a sanitizer sees a view that points astray.
/// False when the file contradicts itself.
inline bool read_all(const ModelFile& file)
{
    uint64_t sum = file.hash().size();
    for (const FileTensor& tensor : file.tensors()) {
        if (file.find(tensor.name) != &tensor)
            return false;
        for (const uint8_t byte : tensor.bytes)
            sum += byte;
    }
    for (const char* key : {"general.architecture", "tokenizer.ggml.tokens", "tokenizer.ggml.scores",
                            "deepseek2.block_count", "tokenizer.ggml.add_bos_token"}) {
        sum += file.string(key).value_or("").size() + static_cast<uint64_t>(file.integer(key).value_or(0));
        sum += file.number(key).value_or(0) > 0 ? 1u : 0u;
        if (const auto* strings = file.strings(key))
            for (const std::string_view text : *strings)
                for (const char c : text)
                    sum += static_cast<unsigned char>(c);
    }
    return sum != 0;
}

} // namespace conclave
