#include <algorithm>
#include <limits>

#include "formats/printable.hpp"
#include "model/model_text.hpp"
#include "text/pre_tokenizer_rules.hpp"

namespace conclave
{

namespace
{

/// GGUF numbers token types from 1: normal, unknown, control, user-defined, unused, byte.
TokenType token_type(int64_t type)
{
    switch (type) {
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
        return TokenType::normal;
    }
}

/// −1 when the file names none. Whether there is such a token is for load_text to say.
int32_t token_id(const ModelFile& file, std::string_view key)
{
    constexpr int64_t none = -1, most = std::numeric_limits<int32_t>::max();
    return static_cast<int32_t>(std::clamp(file.integer(key).value_or(none), none, most));
}

/// Files of SentencePiece and of Llama 3 that do not say so mean yes.
bool adds_bos(const ModelFile& file)
{
    const PreTokenizerRule* rule = find_pre_tokenizer(file.string("tokenizer.ggml.pre").value_or(""));
    return file.boolean("tokenizer.ggml.add_bos_token")
        .value_or(file.string("tokenizer.ggml.model") == "llama" || (rule && rule->add_bos));
}

VocabularyData read_vocabulary(const ModelFile& file, const std::vector<std::string_view>& tokens)
{
    VocabularyData data;
    data.tokens.assign(tokens.begin(), tokens.end());
    if (const auto* types = file.integers("tokenizer.ggml.token_type")) {
        data.types.reserve(types->size());
        for (const int64_t type : *types) {
            data.types.push_back(token_type(type));
        }
    }
    if (file.string("tokenizer.ggml.model") == "llama") {
        data.kind = VocabularyKind::sentence_piece;
        if (const auto* scores = file.numbers("tokenizer.ggml.scores")) {
            data.scores.assign(scores->begin(), scores->end());
        }
        if (!file.boolean("tokenizer.ggml.add_space_prefix").value_or(true)) {
            data.blanks.prefix = BlankPrefix::never;
        }
        data.unknown = token_id(file, "tokenizer.ggml.unknown_token_id");
    } else if (const auto* merges = file.strings("tokenizer.ggml.merges")) {
        data.merges.assign(merges->begin(), merges->end());
    }
    data.pre_tokenizer = file.string("tokenizer.ggml.pre").value_or("default");
    data.bos = token_id(file, "tokenizer.ggml.bos_token_id");
    data.eos = token_id(file, "tokenizer.ggml.eos_token_id");
    data.eot = token_id(file, "tokenizer.ggml.eot_token_id");
    data.add_bos = adds_bos(file);
    return data;
}

} // namespace

Result<std::optional<ModelText>> gguf_text(const ModelFile& file)
{
    const std::string kind(file.string("tokenizer.ggml.model").value_or("no_vocab"));
    const auto* tokens = file.strings("tokenizer.ggml.tokens");
    if (kind == "no_vocab" || !tokens) {
        return std::optional<ModelText>();
    }
    if (kind != "gpt2" && kind != "llama") {
        return Error{ErrorCode::unsupported,
                     file.name() + " has a vocabulary of the kind \"" + printable(kind) +
                         "\", which is not supported yet; give it token ids, or a model with byte-level BPE or "
                         "SentencePiece"};
    }
    ModelText text{.vocabulary = read_vocabulary(file, *tokens), .chat_template = {}};
    if (const auto source = file.string("tokenizer.chat_template")) {
        text.chat_template = std::string(*source);
    }
    return std::optional(std::move(text));
}

} // namespace conclave
