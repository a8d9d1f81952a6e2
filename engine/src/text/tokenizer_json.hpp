#pragma once

#include <nlohmann/json_fwd.hpp>

#include "conclave/result.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// The vocabulary of a tokenizer.json: BPE over bytes with any sequence of Split, Digits and ByteLevel, or over
/// characters as SentencePiece does it (Prepend and Replace, or Metaspace). bos and add_bos come from its
/// post-processor; eos is left out, as it is not in there. Errors: unsupported, naming the part that is not known;
/// format. Source: huggingface/tokenizers, the serialized forms of its components.
Result<VocabularyData> read_tokenizer_json(const nlohmann::json& json);

} // namespace conclave
