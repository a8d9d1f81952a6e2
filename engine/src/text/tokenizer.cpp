#include "text/tokenizer.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <numeric>
#include <utility>

#include "text/byte_alphabet.hpp"
#include "text/derived_merges.hpp"
#include "text/encoder.hpp"
#include "text/end_of_generation.hpp"
#include "text/pre_tokenizer_rules.hpp"
#include "text/sentence_piece.hpp"
#include "text/tokenizer_data.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

bool is_single_character(std::string_view text)
{
    return !text.empty() && utf8_step(text).size == static_cast<int>(text.size());
}

/// Whether a token is read from text only where special tokens are wanted. Files mark a model's role and think marks as
/// control or as user_defined, by no firm rule, so brackets decide for the latter: other user_defined tokens (single
/// letters in deepseek-llm, runs of blanks elsewhere) are plain text that merging cannot reach, and are always read.
bool is_special(TokenType type, std::string_view text)
{
    if (text.size() < 2 || is_single_character(text)) {
        return false;
    }
    const bool bracketed = (text.front() == '<' && text.back() == '>') || (text.front() == '[' && text.back() == ']');
    return type == TokenType::control || (type == TokenType::user_defined && bracketed);
}

/// "<0x0A>" gives the byte 10.
bool byte_of_hex_text(std::string_view text, std::string& bytes)
{
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>' || digit(text[3]) < 0 || digit(text[4]) < 0) {
        return false;
    }
    bytes.assign(1, static_cast<char>(digit(text[3]) * 16 + digit(text[4])));
    return true;
}

Error merge_error(size_t rank, std::string_view merge, std::string_view what)
{
    std::string storage;
    return {ErrorCode::format,
            std::format("Merge {} of the vocabulary, \"{}\", {}; the file is damaged or was converted wrongly.", rank,
                        valid_utf8(merge.substr(0, 64), storage), what)};
}

Result<BpeMerges> read_merges(const std::vector<std::string>& merges, const TextIds& ids)
{
    BpeMerges table(merges.size());
    std::string joined;
    for (size_t rank = 0; rank < merges.size(); ++rank) {
        const std::string_view merge = merges[rank];
        const size_t space = merge.find(' ', 1); // the first place is searched never: a left part is not empty
        if (space == std::string_view::npos || space + 1 == merge.size()) {
            return merge_error(rank, merge, "is not two tokens with a space between them");
        }
        joined.assign(merge, 0, space);
        joined.append(merge, space + 1);
        const int32_t left = ids.find(merge.substr(0, space));
        const int32_t right = ids.find(merge.substr(space + 1));
        const int32_t merged = ids.find(joined);
        if (left < 0 || right < 0 || merged < 0) {
            return merge_error(rank, merge, "names a token that is not there");
        }
        table.add(left, right, static_cast<int32_t>(rank), merged);
    }
    return table;
}

} // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Data> data) : m_data(std::move(data)) {}
Tokenizer::~Tokenizer() = default;

namespace
{

/// The bytes that a token stands for; its own text where that is no spelling of bytes.
std::string bytes_of(const VocabularyData& vocabulary, TokenType type, const std::string& text)
{
    std::string bytes;
    if (type == TokenType::byte && byte_of_hex_text(text, bytes)) {
        return bytes;
    }
    if (type == TokenType::normal && vocabulary.kind == VocabularyKind::sentence_piece) {
        return with_blanks(text);
    }
    return type == TokenType::normal && bytes_of_spelling(text, bytes) ? bytes : text;
}

/// Regexes and merges of byte-level BPE.
Result<void> prepare_bytes(Tokenizer::Data& data, const VocabularyData& vocabulary, const TextIds& ids)
{
    for (size_t byte = 0; byte < 256; ++byte) {
        data.byte_ids[byte] = ids.find(spelling_of_byte(static_cast<uint8_t>(byte)));
    }
    if (vocabulary.merges_by_id) {
        std::vector<int32_t> ranks(data.bytes.size());
        std::iota(ranks.begin(), ranks.end(), 0);
        data.merges = derived_merges(data.bytes, ranks, *data.pieces, TokenCut::bytes);
        return {};
    }
    auto merges = read_merges(vocabulary.merges, ids);
    if (!merges) {
        return merges.error();
    }
    data.merges = std::move(*merges);
    return {};
}

/// The merges of SentencePiece, as given or by its scores, and its bytes.
Result<void> prepare_characters(Tokenizer::Data& data, const VocabularyData& vocabulary, const TextIds& ids)
{
    const bool has_merges = !vocabulary.merges.empty();
    if (!has_merges && vocabulary.scores.size() != data.bytes.size()) {
        return Error{ErrorCode::format, std::format("The vocabulary has {} tokens and {} scores; the file is damaged.",
                                                    data.bytes.size(), vocabulary.scores.size())};
    }
    if (!std::ranges::all_of(vocabulary.scores, [](float score) { return std::isfinite(score); })) {
        return Error{ErrorCode::format, "A score of the vocabulary is not a number; the file is damaged."};
    }
    data.byte_ids.fill(-1);
    for (size_t i = 0; i < data.bytes.size(); ++i) {
        if (data.type(static_cast<int32_t>(i)) == TokenType::byte && data.bytes[i].size() == 1) {
            data.byte_ids[static_cast<uint8_t>(data.bytes[i][0])] = static_cast<int32_t>(i);
        }
    }
    data.sentence_piece = true;
    data.blanks = vocabulary.blanks;
    data.unknown = data.has(vocabulary.unknown) ? vocabulary.unknown : 0;
    data.fuses_unknown = vocabulary.fuses_unknown;
    if (!has_merges) {
        data.merges = sentence_piece_merges(data.bytes, vocabulary.scores, *data.pieces);
        return {};
    }
    auto merges = read_merges(vocabulary.merges, ids);
    if (!merges) {
        return merges.error();
    }
    data.merges = std::move(*merges);
    return {};
}

std::vector<int32_t> ascending(std::vector<int32_t> ids)
{
    std::ranges::sort(ids);
    return ids;
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::create(VocabularyData vocabulary)
{
    const size_t n = vocabulary.tokens.size();
    const bool by_bytes = vocabulary.kind == VocabularyKind::byte_level_bpe;
    if (!vocabulary.types.empty() && vocabulary.types.size() != n) {
        return Error{ErrorCode::format,
                     std::format("The vocabulary has {} tokens and {} token types; the file is damaged.", n,
                                 vocabulary.types.size())};
    }
    auto data = std::make_unique<Data>();
    if (by_bytes) {
        auto pre_tokenizer = vocabulary.pre_tokenizer.empty() ? PreTokenizer::create(vocabulary.splits)
                                                              : PreTokenizer::create(vocabulary.pre_tokenizer);
        if (!pre_tokenizer) {
            return pre_tokenizer.error();
        }
        data->pre_tokenizer = *pre_tokenizer;
    }
    const PreTokenizerRule* rule = find_pre_tokenizer(vocabulary.pre_tokenizer);
    const bool ignores_merges = vocabulary.ignores_merges || vocabulary.merges_by_id || (rule && rule->ignore_merges);
    data->types = std::move(vocabulary.types);
    data->add_prefix_space = vocabulary.add_prefix_space;
    data->normalizes_nfc = vocabulary.normalizes_nfc;
    data->left_strippers = ascending(std::move(vocabulary.left_strippers));
    data->right_strippers = ascending(std::move(vocabulary.right_strippers));

    TextIds ids(vocabulary.tokens); // the file's own spelling; a normal token goes before another of the same text
    data->bytes.reserve(n);
    for (size_t i = 0; i < n; ++i) {
        const auto id = static_cast<int32_t>(i);
        data->bytes.push_back(bytes_of(vocabulary, data->type(id), vocabulary.tokens[i]));
        if (data->type(id) == TokenType::normal) {
            ids.add(id);
        }
    }
    if (!by_bytes || ignores_merges) {
        data->pieces.emplace(data->bytes);
        for (size_t i = 0; i < n; ++i) {
            if (data->type(static_cast<int32_t>(i)) == TokenType::normal) {
                data->pieces->add(static_cast<int32_t>(i));
            }
        }
    }
    for (size_t i = 0; i < n; ++i) {
        const auto id = static_cast<int32_t>(i);
        const TokenType type = data->type(id);
        if (type == TokenType::normal || type == TokenType::byte) {
            continue;
        }
        const std::string& text = vocabulary.tokens[i];
        ids.add(id);
        if (is_special(type, text)) {
            data->specials.add(text, id);
            data->special_texts.push_back(text);
        } else if (type == TokenType::user_defined) {
            data->literals.add(text, id);
        }
    }
    std::stable_sort(data->special_texts.begin(), data->special_texts.end(),
                     [](const std::string& a, const std::string& b) { return a.size() > b.size(); });

    if (auto ready = by_bytes ? prepare_bytes(*data, vocabulary, ids) : prepare_characters(*data, vocabulary, ids);
        !ready) {
        return ready.error();
    }
    data->end_ids = end_of_generation_ids(vocabulary);
    data->bos = data->has(vocabulary.bos) ? vocabulary.bos : -1;
    data->add_bos = vocabulary.add_bos && data->bos >= 0;
    return std::make_shared<const Tokenizer>(std::move(data));
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, const TokenizeOptions& options) const
{
    Encoder encoder(*m_data);
    if (options.add_bos && m_data->bos >= 0) {
        encoder.ids.push_back(m_data->bos);
    }
    std::string storage;
    text = valid_utf8(text, storage);
    if (options.parse_special) {
        encoder.rendered(text, {});
    } else {
        encoder.plain(text);
    }
    return std::move(encoder.ids);
}

std::vector<int32_t> Tokenizer::encode_rendered(std::string_view text, std::string_view marker) const
{
    Encoder encoder(*m_data);
    std::string storage;
    encoder.rendered(valid_utf8(text, storage), marker);
    return std::move(encoder.ids);
}

std::string Tokenizer::break_specials(std::string_view text, std::string_view marker, bool keep_think_marks) const
{
    std::string out;
    for (size_t i = 0; i < text.size();) {
        const auto size = static_cast<size_t>(utf8_step(text.substr(i)).size);
        out.append(text, i, size);
        const TokenMatcher::Match match = m_data->specials.at(text, i);
        const std::string_view spelling = text.substr(i, match.size);
        const bool kept = keep_think_marks && (spelling == "<think>" || spelling == "</think>");
        // After the first character, and at every place: of overlapping spellings none is left whole.
        if (match.id >= 0 && !kept) {
            out.append(marker);
        }
        i += size;
    }
    return out;
}

const std::string& Tokenizer::token_bytes(int32_t id) const
{
    static const std::string none;
    return m_data->has(id) ? m_data->bytes[static_cast<size_t>(id)] : none;
}

bool Tokenizer::is_control(int32_t id) const
{
    return m_data->has(id) && m_data->type(id) == TokenType::control;
}

bool Tokenizer::is_end_of_generation(int32_t id) const
{
    return std::binary_search(m_data->end_ids.begin(), m_data->end_ids.end(), id);
}

int32_t Tokenizer::bos() const
{
    return m_data->bos;
}

bool Tokenizer::adds_bos() const
{
    return m_data->add_bos;
}

int Tokenizer::n_vocab() const
{
    return static_cast<int>(m_data->bytes.size());
}

std::span<const std::string> Tokenizer::special_texts() const
{
    return m_data->special_texts;
}

} // namespace conclave
