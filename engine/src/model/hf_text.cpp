#include <algorithm>
#include <system_error>
#include <utility>

#include "base/mapped_file.hpp"
#include "formats/json_file.hpp"
#include "model/hf_vocabulary.hpp"
#include "model/model_text.hpp"

namespace conclave
{

namespace
{

namespace fs = std::filesystem;
using nlohmann::json;

/// An empty object when there is no such file.
Result<json> optional_object(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored) ? read_json_object(path) : Result(json::object());
}

/// The id of {"content": TEXT} or "TEXT"; −1 when there is none.
int32_t token_of(const json& config, const char* key, const std::vector<std::string>& tokens)
{
    const auto found = config.find(key);
    if (found == config.end()) {
        return -1;
    }
    const std::string text = found->is_object() ? string_of(*found, "content") : string_of(config, key);
    const auto token = text.empty() ? tokens.end() : std::ranges::find(tokens, text);
    return token == tokens.end() ? -1 : static_cast<int32_t>(token - tokens.begin());
}

/// One id or a list of them.
std::vector<int32_t> ids_of(const json& config, const char* key)
{
    std::vector<int32_t> ids;
    const auto found = config.find(key);
    if (found == config.end()) {
        return ids;
    }
    for (const json& id : found->is_array() ? *found : json::array({*found})) {
        if (id.is_number_unsigned() && id.get<uint64_t>() < (1u << 30)) {
            ids.push_back(id.get<int32_t>());
        }
    }
    return ids;
}

/// A text file of its own, or what the config has: one text, or a list of them by name.
Result<std::optional<std::string>> chat_template_of(const fs::path& folder, const json& config)
{
    std::error_code ignored;
    if (const fs::path path = folder / "chat_template.jinja"; fs::exists(path, ignored)) {
        const auto file = MappedFile::open(path);
        if (!file) {
            return file.error();
        }
        return std::optional(std::string(file->bytes().begin(), file->bytes().end()));
    }
    const auto separate = optional_object(folder / "chat_template.json");
    if (!separate) {
        return separate.error();
    }
    const json& source = separate->contains("chat_template") ? *separate : config;
    const auto found = source.find("chat_template");
    if (found == source.end() || !(found->is_string() || found->is_array())) {
        return std::optional<std::string>();
    }
    if (found->is_string()) {
        return std::optional(found->get<std::string>());
    }
    std::optional<std::string> chosen;
    for (const json& named : *found) {
        if (named.is_object() && (!chosen || string_of(named, "name") == "default")) {
            chosen = string_of(named, "template");
        }
    }
    return chosen;
}

} // namespace

Result<std::optional<ModelText>> hf_text(const ModelFile& file)
{
    const fs::path& folder = file.folder();
    const auto config = optional_object(folder / "tokenizer_config.json");
    const auto generation = optional_object(folder / "generation_config.json");
    const auto model = optional_object(folder / "config.json");
    for (const auto* read : {&config, &generation, &model}) {
        if (!*read) {
            return read->error();
        }
    }
    auto vocabulary = hf_vocabulary(folder, *config);
    if (!vocabulary) {
        return Error{vocabulary.error().code, file.name() + ": " + vocabulary.error().message};
    }
    if (!*vocabulary) {
        return std::optional<ModelText>();
    }
    ModelText text{.vocabulary = **std::move(vocabulary), .chat_template = {}};
    VocabularyData& data = text.vocabulary;
    if (const int32_t bos = token_of(*config, "bos_token", data.tokens); bos >= 0) {
        data.bos = bos;
    } else if (const auto ids = ids_of(*model, "bos_token_id"); data.bos < 0 && !ids.empty()) {
        data.bos = ids.front();
    }
    // Llama's class builds the post-processor anew from this one flag.
    if (string_of(*config, "tokenizer_class").find("LlamaTokenizer") != std::string::npos) {
        data.add_bos = config->value("add_bos_token", json(true)) == json(true);
    }
    data.ends = ids_of(*generation, "eos_token_id");
    const std::vector<int32_t> stated = ids_of(*model, "eos_token_id");
    data.ends.insert(data.ends.end(), stated.begin(), stated.end());
    data.eos = token_of(*config, "eos_token", data.tokens);
    if (data.eos < 0 && !data.ends.empty()) {
        data.eos = data.ends.front();
    }
    auto chat = chat_template_of(folder, *config);
    if (!chat) {
        return chat.error();
    }
    text.chat_template = *std::move(chat);
    return std::optional(std::move(text));
}

} // namespace conclave
