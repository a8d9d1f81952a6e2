#include "model/model_state.hpp"
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

int32_t token_id(const ModelFile& file, std::string_view key, size_t n_vocab)
{
    const auto id = file.integer(key);
    return id && *id >= 0 && static_cast<uint64_t>(*id) < n_vocab ? static_cast<int32_t>(*id) : -1;
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
    if (const auto* merges = file.strings("tokenizer.ggml.merges")) {
        data.merges.assign(merges->begin(), merges->end());
    }
    if (file.string("tokenizer.ggml.model") == "llama") {
        data.kind = VocabularyKind::sentence_piece;
        if (const auto* scores = file.numbers("tokenizer.ggml.scores")) {
            data.scores.assign(scores->begin(), scores->end());
        }
        data.add_space_prefix = file.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
        data.unknown = token_id(file, "tokenizer.ggml.unknown_token_id", tokens.size());
    }
    data.pre_tokenizer = file.string("tokenizer.ggml.pre").value_or("default");
    data.bos = token_id(file, "tokenizer.ggml.bos_token_id", tokens.size());
    data.eos = token_id(file, "tokenizer.ggml.eos_token_id", tokens.size());
    data.eot = token_id(file, "tokenizer.ggml.eot_token_id", tokens.size());
    data.add_bos = adds_bos(file);
    return data;
}

void load_template(ModelState& model)
{
    const std::string& file_name = model.file.name();
    const auto source = model.file.string("tokenizer.chat_template");
    if (!source) {
        model.template_error.message = file_name + " has no chat template; give it raw text instead";
        return;
    }
    const Tokenizer& tokenizer = *model.tokenizer;
    const int32_t eos = token_id(model.file, "tokenizer.ggml.eos_token_id", static_cast<size_t>(tokenizer.n_vocab()));
    auto parsed =
        ChatTemplate::create(std::string(*source), tokenizer.token_bytes(tokenizer.bos()), tokenizer.token_bytes(eos));
    if (!parsed) {
        model.template_error = {parsed.error().code, file_name + ": " + parsed.error().message};
        model.engine->log(LogLevel::warning, model.template_error.message);
        return;
    }
    model.chat_template = *std::move(parsed);
    model.info.has_chat_template = true;
}

} // namespace

Result<void> load_text(ModelState& model)
{
    const std::string& file_name = model.file.name();
    const std::string kind(model.file.string("tokenizer.ggml.model").value_or("no_vocab"));
    const auto* tokens = model.file.strings("tokenizer.ggml.tokens");
    model.template_error.message =
        file_name + " has no vocabulary, so it has no use for a chat template; give it token ids";
    if (kind == "no_vocab" || !tokens) {
        model.text_error.message = file_name + " has no vocabulary; give it token ids instead of text";
        return {};
    }
    if (kind != "gpt2" && kind != "llama") {
        model.text_error.message =
            file_name + " has a vocabulary of the kind \"" + kind +
            "\", which is not supported yet; give it token ids, or a model with byte-level BPE or SentencePiece";
        model.engine->log(LogLevel::warning, model.text_error.message);
        return {};
    }
    if (tokens->size() > static_cast<size_t>(model.info.n_vocab)) {
        return Error{ErrorCode::format, file_name + " lists " + std::to_string(tokens->size()) +
                                            " tokens for an embedding of " + std::to_string(model.info.n_vocab) +
                                            " rows; convert the model again"};
    }
    auto tokenizer = Tokenizer::create(read_vocabulary(model.file, *tokens));
    if (!tokenizer) {
        model.text_error = {tokenizer.error().code, file_name + ": " + tokenizer.error().message};
        model.engine->log(LogLevel::warning, model.text_error.message);
        return {};
    }
    model.tokenizer = *std::move(tokenizer);
    model.info.has_tokenizer = true;
    model.info.adds_bos = adds_bos(model.file);
    load_template(model);
    return {};
}

} // namespace conclave
