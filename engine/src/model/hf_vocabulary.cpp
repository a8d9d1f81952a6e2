#include "model/hf_vocabulary.hpp"

#include <charconv>
#include <format>
#include <string>
#include <system_error>
#include <utility>

#include "base/mapped_file.hpp"
#include "formats/json_file.hpp"
#include "formats/printable.hpp"
#include "text/sentence_piece_model.hpp"
#include "text/tiktoken_model.hpp"
#include "text/tokenizer_json.hpp"

namespace conclave
{

namespace
{

namespace fs = std::filesystem;
using nlohmann::json;

/// The added tokens of a tokenizer_config.json, which no other file than a tokenizer.json knows.
void add_tokens(const json& config, VocabularyData& data)
{
    const uint64_t max_tokens = data.tokens.size() + 65'536; // published models add a few thousand
    const auto added = config.find("added_tokens_decoder");
    if (added == config.end() || !added->is_object()) {
        return;
    }
    for (const auto& [key, token] : added->items()) {
        uint64_t id = 0;
        const auto end = std::from_chars(key.data(), key.data() + key.size(), id);
        const std::string text = token.is_object() ? string_of(token, "content") : std::string();
        if (end.ec != std::errc() || end.ptr != key.data() + key.size() || id >= max_tokens || text.empty()) {
            continue;
        }
        if (id >= data.tokens.size()) {
            const auto n_tokens = static_cast<size_t>(id) + 1;
            data.tokens.resize(n_tokens);
            data.types.resize(n_tokens, TokenType::unused);
            if (data.kind == VocabularyKind::sentence_piece) {
                data.scores.resize(n_tokens);
            }
        }
        const bool special = token.value("special", json(false)) == json(true);
        data.tokens[id] = text;
        data.types[id] = special ? TokenType::control : TokenType::user_defined;
    }
}

/// The code that a model brings for its tokenizer: {"auto_map": {"AutoTokenizer": [NAME, ...]}}.
std::string published_class(const json& config)
{
    const auto map = config.find("auto_map");
    const json name = map != config.end() && map->is_object() ? map->value("AutoTokenizer", json()) : json();
    const json& first = name.is_array() && !name.empty() ? name.front() : name;
    return first.is_string() ? first.get<std::string>() : std::string();
}

/// Kimi-K2's ranks, and the special tokens that its class adds; without the class the way to cut text is not known.
/// Source: moonshotai/Kimi-K2-Instruct, tokenization_kimi.py.
Result<VocabularyData> tiktoken_vocabulary(std::string_view ranks, const json& config)
{
    constexpr size_t n_reserved = 256;
    if (const std::string known = "tokenization_kimi.TikTokenTokenizer"; published_class(config) != known) {
        return Error{ErrorCode::unsupported,
                     std::format("tiktoken.model is read as {} cuts text, and tokenizer_config.json names \"{}\"; give "
                                 "token ids instead of text.",
                                 known, printable(published_class(config)))};
    }
    auto vocabulary = read_tiktoken_model(ranks);
    if (!vocabulary) {
        return vocabulary;
    }
    vocabulary->pre_tokenizer = "kimi-k2";
    const size_t n_ranks = vocabulary->tokens.size();
    for (size_t id = n_ranks; id < n_ranks + n_reserved; ++id) {
        vocabulary->tokens.push_back(std::format("<|reserved_token_{}|>", id));
        vocabulary->types.push_back(TokenType::control);
    }
    return vocabulary;
}

Result<VocabularyData> sentence_piece_vocabulary(std::string_view model, const json&)
{
    return read_sentence_piece_model(model);
}

} // namespace

Result<std::optional<VocabularyData>> hf_vocabulary(const fs::path& folder, const json& config)
{
    std::error_code ignored;
    if (fs::exists(folder / "tokenizer.json", ignored)) {
        const auto tokenizer = read_json_object(folder / "tokenizer.json");
        if (!tokenizer) {
            return tokenizer.error();
        }
        auto vocabulary = read_tokenizer_json(*tokenizer);
        return vocabulary ? Result(std::optional(*std::move(vocabulary))) : vocabulary.error();
    }
    const std::pair<const char*, Result<VocabularyData> (*)(std::string_view, const json&)> others[] = {
        {"tiktoken.model", tiktoken_vocabulary}, {"tokenizer.model", sentence_piece_vocabulary}};
    for (const auto& [name, read] : others) {
        if (!fs::exists(folder / name, ignored)) {
            continue;
        }
        const auto file = MappedFile::open(folder / name);
        if (!file) {
            return file.error();
        }
        const auto bytes = file->bytes();
        auto vocabulary = read({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, config);
        if (!vocabulary) {
            return vocabulary.error();
        }
        add_tokens(config, *vocabulary);
        return std::optional(*std::move(vocabulary));
    }
    return std::optional<VocabularyData>();
}

} // namespace conclave
