#include "model/model_state.hpp"
#include "model/model_text.hpp"

namespace conclave
{

namespace
{

/// Without its end an answer would never stop: an id that means no token is told, not dropped.
Result<void> check_special_ids(const VocabularyData& data, const ModelFile& file)
{
    const std::pair<const char*, int32_t> all[] = {
        {"bos", data.bos}, {"eos", data.eos}, {"eot", data.eot}, {"unknown", data.unknown}};
    const size_t n_tokens = data.tokens.size();
    for (const auto& [role, id] : all) {
        if (id >= 0 && static_cast<size_t>(id) >= n_tokens) {
            return Error{ErrorCode::format, file.name() + ": the " + role + " token has the id " + std::to_string(id) +
                                                ", outside the vocabulary of " + std::to_string(n_tokens) +
                                                " tokens; " + std::string(file.remedy())};
        }
    }
    return {};
}

void load_template(ModelState& model, const std::optional<std::string>& source, int32_t eos)
{
    const std::string& name = model.file.name();
    if (!source) {
        model.template_error.message = name + " has no chat template; give it raw text instead";
        return;
    }
    const Tokenizer& tokenizer = *model.tokenizer;
    auto parsed = ChatTemplate::create(*source, tokenizer.token_bytes(tokenizer.bos()), tokenizer.token_bytes(eos));
    if (!parsed) {
        model.template_error = {parsed.error().code, name + ": " + parsed.error().message};
        model.engine->log(LogLevel::warning, model.template_error.message);
        return;
    }
    model.chat_template = *std::move(parsed);
    model.info.has_chat_template = true;
}

} // namespace

Result<void> load_text(ModelState& model)
{
    const std::string& name = model.file.name();
    const bool is_folder = !model.file.folder().empty();
    auto text = is_folder ? hf_text(model.file) : gguf_text(model.file);
    model.template_error.message = name + " has no vocabulary, so it has no use for a chat template; give it token ids";
    if (!text) {
        model.text_error = text.error();
        model.engine->log(LogLevel::warning, model.text_error.message);
        return {};
    }
    if (!*text) {
        model.text_error.message = name + " has no vocabulary" + (is_folder ? " (tokenizer.json)" : "") +
                                   "; give it token ids instead of text";
        return {};
    }
    VocabularyData& vocabulary = (*text)->vocabulary;
    if (vocabulary.tokens.size() > static_cast<size_t>(model.info.n_vocab)) {
        return Error{ErrorCode::format, name + " lists " + std::to_string(vocabulary.tokens.size()) +
                                            " tokens for an embedding of " + std::to_string(model.info.n_vocab) +
                                            " rows; " + std::string(model.file.remedy())};
    }
    if (auto sound = check_special_ids(vocabulary, model.file); !sound) {
        return sound;
    }
    const int32_t eos = vocabulary.eos;
    auto tokenizer = Tokenizer::create(std::move(vocabulary));
    if (!tokenizer) {
        model.text_error = {tokenizer.error().code, name + ": " + tokenizer.error().message};
        model.engine->log(LogLevel::warning, model.text_error.message);
        return {};
    }
    model.tokenizer = *std::move(tokenizer);
    model.info.has_tokenizer = true;
    model.info.adds_bos = model.tokenizer->adds_bos();
    load_template(model, (*text)->chat_template, eos);
    return {};
}

} // namespace conclave
