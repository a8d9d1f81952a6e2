#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/model.hpp"
#include "conclave/result.hpp"
#include "text/pre_tokenizer.hpp"

namespace conclave
{

enum class TokenType : uint8_t { normal, control, user_defined, unused, byte };

/// How text becomes tokens: bytes cut by regexes and then merged, or characters merged by score across blanks.
enum class VocabularyKind : uint8_t { byte_level_bpe, sentence_piece };

/// Where SentencePiece puts a blank of its own: nowhere, before each fragment between special tokens, or only before
/// one that begins the text.
enum class BlankPrefix : uint8_t { never, always, first };

struct BlankRule {
    BlankPrefix prefix = BlankPrefix::always;
    bool doubles = true; ///< also before a text that begins with one
    bool splits = false; ///< no merge crosses a blank
};

/// A vocabulary as a file carries it.
struct VocabularyData {
    VocabularyKind kind = VocabularyKind::byte_level_bpe;
    std::vector<std::string> tokens; ///< texts in the file's own spelling (byte-level alphabet for BPE)
    std::vector<TokenType> types;    ///< as many as tokens, or empty: all normal
    std::vector<std::string> merges; ///< "left right", best first
    bool merges_by_id = false;       ///< instead: any two neighbours that make a token, the lowest first, and
                                     ///< ignores_merges with it, as tiktoken does; byte_level_bpe
    std::string pre_tokenizer;       ///< "deepseek-llm", "deepseek-v3", "qwen2", ...; empty: `splits`; byte_level_bpe
    std::vector<SplitRule> splits;   ///< byte_level_bpe
    bool add_prefix_space = false;   ///< before text that begins with none; byte_level_bpe
    bool ignores_merges = false;     ///< a piece that is a token stays one, whatever its merges; byte_level_bpe
    bool normalizes_nfc = false;
    std::vector<float> scores;  ///< as many as tokens, unless there are merges; sentence_piece
    BlankRule blanks;           ///< sentence_piece
    int32_t unknown = -1;       ///< what stands for a character without a token or bytes; sentence_piece
    bool fuses_unknown = false; ///< several in a row become one
    std::vector<int32_t> left_strippers, right_strippers; ///< tokens that swallow the blanks to their left, right
    int32_t bos = -1, eos = -1, eot = -1;
    std::vector<int32_t> ends; ///< further ids at which an answer ends
    bool add_bos = false;
};

/// Byte-level BPE, or SentencePiece's BPE with byte fallback. Immutable and thread-safe.
class Tokenizer
{
public:
    /// Errors: unsupported for a pre-tokenizer that is not known (the message lists those that are); format when merges
    /// name tokens that are not there, or scores are fewer than tokens.
    static Result<std::shared_ptr<const Tokenizer>> create(VocabularyData data);

    /// The ids Hugging Face's tokenizers gives, but for a normalizer (Qwen's NFC) that files in GGUF do not carry.
    /// Invalid UTF-8 is read as U+FFFD for each broken sequence, as Hugging Face does where bytes become a string.
    std::vector<int32_t> encode(std::string_view text, const TokenizeOptions& options) const;
    /// As encode with parse_special, except that `marker` (a UTF-8 string) is removed after special tokens were split
    /// off: text that must not be read as special has it inside (see chat_template.hpp).
    std::vector<int32_t> encode_rendered(std::string_view text, std::string_view marker) const;
    /// `text` [valid UTF-8] with `marker` inside every spelling of a special token, so that encode_rendered reads none
    /// there; with `keep_think_marks` but for <think> and </think>.
    std::string break_specials(std::string_view text, std::string_view marker, bool keep_think_marks) const;
    /// Bytes of one token; control tokens give their text. Empty out of range.
    const std::string& token_bytes(int32_t id) const;
    bool is_control(int32_t id) const;
    bool is_end_of_generation(int32_t id) const;
    int32_t bos() const;
    /// Whether the file asks for bos before a text that no template wrote.
    bool adds_bos() const;
    int n_vocab() const;
    /// Texts of all special tokens, longest first.
    std::span<const std::string> special_texts() const;

    struct Data;
    explicit Tokenizer(std::unique_ptr<const Data> data);
    ~Tokenizer();

private:
    std::unique_ptr<const Data> m_data;
};

} // namespace conclave
