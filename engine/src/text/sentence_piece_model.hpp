#pragma once

#include <string_view>

#include "conclave/result.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// The vocabulary of a tokenizer.model: SentencePiece's ModelProto of the kind BPE, whose normalizer only puts blanks.
/// Errors: format, with the byte; unsupported, naming what else it wants. Source: google/sentencepiece,
/// src/sentencepiece_model.proto; protobuf's wire format.
Result<VocabularyData> read_sentence_piece_model(std::string_view bytes);

} // namespace conclave
