#pragma once

#include <optional>
#include <string>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// What a model's files say about text.
struct ModelText {
    VocabularyData vocabulary;
    std::optional<std::string> chat_template;
};

/// From the metadata of a GGUF; nothing without a vocabulary. Errors: unsupported, for one of an unknown kind.
Result<std::optional<ModelText>> gguf_text(const ModelFile& file);

/// From the vocabulary (see hf_vocabulary.hpp), tokenizer_config.json, generation_config.json and the chat template of
/// a Hugging Face folder; nothing without the first, and any other may be missing. Errors: io, format, unsupported.
Result<std::optional<ModelText>> hf_text(const ModelFile& file);

} // namespace conclave
