#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "text/bpe.hpp"
#include "text/text_ids.hpp"

namespace conclave
{

/// "▁" (U+2581), which stands for a blank in the texts of a SentencePiece vocabulary.
constexpr std::string_view sentence_piece_blank = "\xE2\x96\x81";

/// `text` with every "▁" as a blank.
std::string with_blanks(std::string_view text);

/// What SentencePiece's BPE does, as merges: two neighbours become a token when their texts together are one, the
/// highest score first (see derived_merges.hpp). texts and scores by id, texts with blanks; `ids` holds those that
/// merging may reach. Source: sentencepiece bpe_model.cc, Model::SampleEncode.
BpeMerges sentence_piece_merges(std::span<const std::string> texts, std::span<const float> scores, const TextIds& ids);

} // namespace conclave
