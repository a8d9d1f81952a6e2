#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"

namespace conclave
{

/// Puts what a config.json says into contents.values, under GGUF's keys, and the names it uses into
/// contents.published. contents.name stands for the model in errors. Errors: unsupported, for a model_type or a feature
/// of one that no architecture here computes; format.
Result<void> read_hf_config(const nlohmann::json& config, ModelFile::Contents& contents);

/// "num_hidden_layers" of "block_count"; a key without another name is unchanged.
std::string_view published_key(std::string_view gguf_key);

/// Whether the output shares the embedding's matrix, where the config says so.
std::optional<bool> ties_embeddings(const nlohmann::json& config);

} // namespace conclave
