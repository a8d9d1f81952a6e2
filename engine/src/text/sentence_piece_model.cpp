#include "text/sentence_piece_model.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <format>
#include <optional>
#include <string>

#include "base/load_le.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

constexpr size_t max_pieces = size_t{1} << 22;

/// One field of a protobuf message.
struct Field {
    uint64_t number = 0;
    uint64_t value = 0;       ///< of a varint
    float real = 0;           ///< of four bytes
    std::string_view bytes{}; ///< of text or of a message
};

/// Fields one after another; after the first that is broken there are no more.
class FieldReader
{
public:
    explicit FieldReader(std::string_view bytes) : m_bytes(bytes) {}

    std::optional<Field> next()
    {
        if (m_at == m_bytes.size() || m_broken) {
            return std::nullopt;
        }
        const auto key = varint();
        Field field{.number = key >> 3};
        switch (key & 7) {
        case 0:
            field.value = varint();
            break;
        case 1:
            take(sizeof(uint64_t));
            break;
        case 2:
            field.bytes = take(varint());
            break;
        case 5:
            if (const auto four = take(sizeof(uint32_t)); !four.empty()) {
                field.real = std::bit_cast<float>(load_le<uint32_t>(four.data()));
            }
            break;
        default:
            m_broken = true;
        }
        return m_broken ? std::nullopt : std::optional(field);
    }
    bool broken() const { return m_broken; }
    size_t at() const { return m_at; }

private:
    uint64_t varint()
    {
        uint64_t value = 0;
        for (int shift = 0; shift < 64 && m_at < m_bytes.size(); shift += 7) {
            const auto byte = static_cast<uint8_t>(m_bytes[m_at++]);
            value |= uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) {
                return value;
            }
        }
        m_broken = true;
        return 0;
    }
    std::string_view take(uint64_t size)
    {
        if (m_broken || size > m_bytes.size() - m_at) {
            m_broken = true;
            return {};
        }
        m_at += size;
        return m_bytes.substr(m_at - size, size);
    }

    std::string_view m_bytes;
    size_t m_at = 0;
    bool m_broken = false;
};

/// The proto's enum Type; one of its "unknown" is only ever read as such by its id.
std::optional<TokenType> token_type(uint64_t type)
{
    switch (type) {
    case 1:
        return TokenType::normal;
    case 2:
    case 3:
        return TokenType::control;
    case 4:
        return TokenType::user_defined;
    case 5:
        return TokenType::unused;
    case 6:
        return TokenType::byte;
    default:
        return std::nullopt;
    }
}

/// False when it is no piece.
bool add_piece(std::string_view bytes, VocabularyData& data)
{
    FieldReader fields(bytes);
    std::string text, storage;
    float score = 0;
    uint64_t type = 1;
    while (const auto field = fields.next()) {
        if (field->number == 1) {
            text = field->bytes;
        } else if (field->number == 2) {
            score = field->real;
        } else if (field->number == 3) {
            type = field->value;
        }
    }
    const auto known = token_type(type);
    if (fields.broken() || !known || score != score || valid_utf8(text, storage).data() != text.data()) {
        return false;
    }
    if (type == 2 && data.unknown < 0) {
        data.unknown = static_cast<int32_t>(data.tokens.size());
    }
    data.tokens.push_back(std::move(text));
    data.scores.push_back(score);
    data.types.push_back(*known);
    return true;
}

struct Specs {
    uint64_t model_type = 1; ///< the proto's default is unigram
    int32_t bos = 1, eos = 2;
    bool dummy_prefix = true, removes_blanks = true, escapes_blanks = true, has_charsmap = false;
};

bool read_trainer(std::string_view bytes, Specs& specs)
{
    FieldReader fields(bytes);
    while (const auto field = fields.next()) {
        if (field->number == 3) {
            specs.model_type = field->value;
        } else if (field->number == 41) {
            specs.bos = static_cast<int32_t>(field->value);
        } else if (field->number == 42) {
            specs.eos = static_cast<int32_t>(field->value);
        }
    }
    return !fields.broken();
}

bool read_normalizer(std::string_view bytes, Specs& specs)
{
    FieldReader fields(bytes);
    while (const auto field = fields.next()) {
        if (field->number == 2) {
            specs.has_charsmap = !field->bytes.empty();
        } else if (field->number == 3) {
            specs.dummy_prefix = field->value != 0;
        } else if (field->number == 4) {
            specs.removes_blanks = field->value != 0;
        } else if (field->number == 5) {
            specs.escapes_blanks = field->value != 0;
        }
    }
    return !fields.broken();
}

Error unsupported(std::string_view what)
{
    return {ErrorCode::unsupported,
            std::format("tokenizer.model {}, which is not supported; use a folder with tokenizer.json, or a GGUF file.",
                        what)};
}

} // namespace

Result<VocabularyData> read_sentence_piece_model(std::string_view bytes)
{
    VocabularyData data;
    data.kind = VocabularyKind::sentence_piece;
    Specs specs;
    FieldReader fields(bytes);
    const auto broken = [&] {
        return Error{ErrorCode::format,
                     std::format("tokenizer.model is damaged before byte {}; download it again.", fields.at())};
    };
    while (const auto field = fields.next()) {
        if (field->number == 1 && (data.tokens.size() == max_pieces || !add_piece(field->bytes, data))) {
            return broken();
        }
        if ((field->number == 2 && !read_trainer(field->bytes, specs)) ||
            (field->number == 3 && !read_normalizer(field->bytes, specs))) {
            return broken();
        }
    }
    if (fields.broken() || data.tokens.empty()) {
        return broken();
    }
    if (specs.model_type != 2) {
        return unsupported("is no BPE but another of SentencePiece's kinds");
    }
    if (specs.has_charsmap || specs.removes_blanks || !specs.escapes_blanks) {
        return unsupported("changes text before it is cut (a normalizer, or blanks that are removed)");
    }
    // SentencePiece puts no blank behind one, which this tokenizer does; Llama's and Mistral's have none.
    if (std::ranges::find(data.types, TokenType::user_defined) != data.types.end()) {
        return unsupported("has pieces that its user defined");
    }
    data.blanks.prefix = specs.dummy_prefix ? BlankPrefix::always : BlankPrefix::never;
    const auto given = [&](int32_t id) { return id >= 0 && static_cast<size_t>(id) < data.tokens.size() ? id : -1; };
    data.bos = given(specs.bos);
    data.eos = given(specs.eos);
    data.add_bos = data.bos >= 0; // as LlamaTokenizer does unless its config says no
    return data;
}

} // namespace conclave
