#pragma once

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "conclave/result.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// Of a Hugging Face folder's tokenizer.json, or of its tiktoken.model or tokenizer.model where there is no other, with
/// the tokens that its tokenizer_config.json, `config`, adds; nothing when it has none of them. Errors: io, format,
/// unsupported.
Result<std::optional<VocabularyData>> hf_vocabulary(const std::filesystem::path& folder, const nlohmann::json& config);

} // namespace conclave
