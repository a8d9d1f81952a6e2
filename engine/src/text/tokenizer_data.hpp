#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "text/bpe.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/text_ids.hpp"
#include "text/token_matcher.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// What a Tokenizer holds, and Encoder reads.
struct Tokenizer::Data {
    std::shared_ptr<const PreTokenizer> pre_tokenizer; ///< byte-level BPE
    BpeMerges merges{0};
    std::array<int32_t, 256> byte_ids{}; ///< -1: the vocabulary has none
    std::vector<std::string> bytes;      ///< by id
    std::vector<TokenType> types;        ///< by id
    std::optional<TextIds> pieces;       ///< by bytes: SentencePiece, and where a piece that is a token stays one
    bool sentence_piece = false, add_prefix_space = false, normalizes_nfc = false;
    BlankRule blanks;
    int32_t unknown = -1;
    bool fuses_unknown = false;
    TokenMatcher specials, literals;
    std::vector<int32_t> left_strippers, right_strippers; ///< added tokens that swallow blanks beside them; ascending
    std::vector<std::string> special_texts;
    std::vector<int32_t> end_ids;
    int32_t bos = -1;
    bool add_bos = false;

    TokenType type(int32_t id) const { return types.empty() ? TokenType::normal : types[static_cast<size_t>(id)]; }
    bool has(int32_t id) const { return id >= 0 && static_cast<size_t>(id) < bytes.size(); }
};

} // namespace conclave
