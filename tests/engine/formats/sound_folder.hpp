#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/hf_folder.hpp"
#include "formats/hf_writer.hpp"

namespace conclave
{

/// A small folder with a bit of everything, in one piece: the seed of mutations. Its config, a zero byte, its weights.
inline std::vector<uint8_t> sound_folder()
{
    const std::string config =
        R"({"model_type": "qwen2_moe", "hidden_size": 4, "num_hidden_layers": 1, "num_experts": 2, "rms_norm_eps": 1e-6,)"
        R"( "rope_scaling": {"type": "yarn", "factor": 4.0}, "tie_word_embeddings": false, "sliding_window": null,)"
        R"( "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}})";
    const auto weights =
        SafetensorsWriter()
            .add("model.embed_tokens.weight", {3, 4}, std::vector<float>(12, 0.5f))
            .add("lm_head.weight", "BF16", {3, 4}, std::vector<uint8_t>(24, 1))
            .add("model.layers.0.mlp.experts.0.up_proj.weight", "F8_E4M3", {2, 4}, std::vector<uint8_t>(8, 2))
            .add("model.layers.0.mlp.experts.1.up_proj.weight", "F8_E4M3", {2, 4}, std::vector<uint8_t>(8, 3))
            .add("model.layers.0.mlp.experts.0.up_proj.weight_scale_inv", {1, 1}, {2})
            .bytes();
    std::vector<uint8_t> out(config.begin(), config.end());
    out.push_back(0);
    out.insert(out.end(), weights.begin(), weights.end());
    return out;
}

/// Writes such bytes into `folder` and opens it; a byte string without a zero is all config.
inline Result<ModelFile> open_as_folder(const std::filesystem::path& folder, std::span<const uint8_t> bytes)
{
    const auto zero = std::find(bytes.begin(), bytes.end(), uint8_t{0});
    write_file(folder / "config.json", std::span(bytes.begin(), zero));
    write_file(folder / "model.safetensors", std::span(zero == bytes.end() ? zero : zero + 1, bytes.end()));
    return open_hf_folder(folder);
}

/// Reads every byte that `file` shows. False when it contradicts itself.
inline bool read_all_of(const ModelFile& file)
{
    uint64_t sum = file.hash().size() + file.file_bytes();
    for (const FileTensor& tensor : file.tensors()) {
        if (file.find(tensor.name) != &tensor || file.published()->tensor(tensor.name).empty())
            return false;
        for (const auto piece : tensor.pieces())
            for (const uint8_t byte : piece)
                sum += byte;
    }
    for (const char* key : {"general.architecture", "general.name", "qwen2moe.rope.scaling.type"}) {
        const std::string_view text = file.string(key).value_or(std::string_view());
        for (const char c : text)
            sum += static_cast<unsigned char>(c);
    }
    return sum != 0;
}

} // namespace conclave
