#include "text/tokenizer_json.hpp"

#include <algorithm>
#include <format>
#include <optional>
#include <utility>

#include "formats/json_file.hpp"
#include "formats/printable.hpp"
#include "text/sentence_piece.hpp"

namespace conclave
{
namespace
{

using nlohmann::json;

constexpr std::string_view gpt2_words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
/// Ids that no token has, beyond the tokens there are: published vocabularies have at most a few hundred.
constexpr uint64_t max_holes = 65'536;

Error broken(std::string_view what)
{
    return {ErrorCode::format, std::format("tokenizer.json is damaged: {}; download it again.", what)};
}
Error unsupported(std::string_view what)
{
    return {ErrorCode::unsupported,
            std::format("tokenizer.json {}, which is not supported; give token ids instead of text.", what)};
}

/// A member that is neither missing nor null.
const json* member(const json& object, const char* key)
{
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool flag(const json& object, const char* key, bool fallback)
{
    const json* value = member(object, key);
    return value && value->is_boolean() ? value->get<bool>() : fallback;
}

/// {"Regex": ...} or {"String": ...}
std::optional<SplitRule> pattern_of(const json& object)
{
    const json* pattern = member(object, "pattern");
    if (!pattern) {
        return std::nullopt;
    }
    if (std::string regex = string_of(*pattern, "Regex"); !regex.empty()) {
        return SplitRule{.regex = std::move(regex)};
    }
    if (std::string text = string_of(*pattern, "String"); !text.empty()) {
        return SplitRule{.regex = std::move(text), .is_literal = true};
    }
    return std::nullopt;
}

/// Reads one file; the first thing wrong ends it.
class Reader
{
public:
    explicit Reader(const json& root) : m_root(root) {}

    Result<VocabularyData> read()
    {
        const json* model = member(m_root, "model");
        if (!model || !model->is_object()) {
            return broken("it has no model");
        }
        m_model = model;
        for (const auto step : {&Reader::read_model, &Reader::read_tokens, &Reader::read_merges,
                                &Reader::read_normalizer, &Reader::read_pre_tokenizer, &Reader::read_post_processor}) {
            if (auto done = (this->*step)(); !done) {
                return done.error();
            }
        }
        return std::move(m_data);
    }

private:
    Result<void> read_model()
    {
        // Files of 2020 have no type; only BPE has merges.
        const std::string type = string_of(*m_model, "type");
        if (type != "BPE" && !(type.empty() && member(*m_model, "merges"))) {
            return unsupported(std::format("has a model of the kind \"{}\"", printable(type)));
        }
        for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (!string_of(*m_model, key).empty()) {
                return unsupported(std::format("marks parts of words ({})", key));
            }
        }
        m_data.ignores_merges = flag(*m_model, "ignore_merges", false);
        m_data.fuses_unknown = flag(*m_model, "fuse_unk", false);
        m_byte_fallback = flag(*m_model, "byte_fallback", false);
        return {};
    }

    /// The vocabulary and the tokens added to it, by id.
    Result<void> read_tokens()
    {
        const json* vocabulary = member(*m_model, "vocab");
        const json* added = member(m_root, "added_tokens");
        if (!vocabulary || !vocabulary->is_object() || (added && !added->is_array())) {
            return broken("it has no vocabulary");
        }
        m_limit = vocabulary->size() + (added ? added->size() : 0) + max_holes;
        const std::string unknown = string_of(*m_model, "unk_token");
        for (const auto& [text, id_json] : vocabulary->items()) {
            const auto id = place(id_json);
            if (!id) {
                return broken(std::format("the token \"{}\" has no sensible id", printable(text)));
            }
            const bool is_byte = m_byte_fallback && text.size() == 6 && text.starts_with("<0x") && text.back() == '>';
            m_data.tokens[*id] = text;
            m_data.types[*id] = is_byte ? TokenType::byte : TokenType::normal;
            if (text == unknown) {
                m_data.unknown = static_cast<int32_t>(*id);
            }
        }
        for (const json& token : added ? *added : json::array()) {
            if (auto done = add(token); !done) {
                return done;
            }
        }
        return {};
    }

    Result<void> add(const json& token)
    {
        const json* id_json = token.is_object() ? member(token, "id") : nullptr;
        const auto id = id_json ? place(*id_json) : std::nullopt;
        std::string text = id ? string_of(token, "content") : "";
        if (text.empty()) {
            return broken("an added token has no content or no sensible id");
        }
        if (flag(token, "single_word", false)) {
            return unsupported(std::format("has the added token \"{}\" for whole words only", printable(text)));
        }
        if (flag(token, "lstrip", false)) {
            m_data.left_strippers.push_back(static_cast<int32_t>(*id));
        }
        if (flag(token, "rstrip", false)) {
            m_data.right_strippers.push_back(static_cast<int32_t>(*id));
        }
        m_data.tokens[*id] = std::move(text);
        m_data.types[*id] = flag(token, "special", false) ? TokenType::control : TokenType::user_defined;
        return {};
    }

    /// Room for an id, made when it is the largest so far. Ids between are of tokens that are not there.
    std::optional<size_t> place(const json& id)
    {
        if (!id.is_number_unsigned() || id.get<uint64_t>() >= m_limit) {
            return std::nullopt;
        }
        const auto at = id.get<size_t>();
        if (at >= m_data.tokens.size()) {
            m_data.tokens.resize(at + 1);
            m_data.types.resize(at + 1, TokenType::unused);
        }
        return at;
    }

    Result<void> read_merges()
    {
        const json* merges = member(*m_model, "merges");
        if (!merges || !merges->is_array()) {
            return broken("it has no merges");
        }
        for (const json& merge : *merges) {
            if (merge.is_string()) {
                m_data.merges.push_back(merge.get<std::string>());
            } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
                m_data.merges.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
            } else {
                return broken("a merge is not two tokens");
            }
        }
        return {};
    }

    Result<void> read_normalizer()
    {
        const json* normalizer = member(m_root, "normalizer");
        return normalizer ? each(*normalizer, "normalizers", &Reader::normalize) : Result<void>();
    }

    Result<void> normalize(const json& step)
    {
        const std::string type = string_of(step, "type");
        if (type == "NFC") {
            m_data.normalizes_nfc = true;
        } else if (type == "Prepend" && string_of(step, "prepend") == sentence_piece_blank) {
            m_prepends = true;
        } else if (const auto pattern = pattern_of(step); type == "Replace" && pattern && pattern->is_literal &&
                                                          pattern->regex == " " &&
                                                          string_of(step, "content") == sentence_piece_blank) {
            m_replaces = true;
        } else {
            return unsupported(std::format("has the normalizer \"{}\"", printable(type)));
        }
        return {};
    }

    Result<void> read_pre_tokenizer()
    {
        if (const json* pre_tokenizer = member(m_root, "pre_tokenizer")) {
            if (auto done = each(*pre_tokenizer, "pretokenizers", &Reader::cut); !done) {
                return done;
            }
        }
        const bool by_characters = m_metaspace || m_replaces;
        if (by_characters == m_byte_level || (by_characters && !m_data.splits.empty())) {
            return unsupported("has neither bytes (ByteLevel) nor SentencePiece's blanks, or has both");
        }
        if (by_characters) {
            m_data.kind = VocabularyKind::sentence_piece;
            if (!m_metaspace) {
                m_data.blanks = {.prefix = m_prepends ? BlankPrefix::always : BlankPrefix::never};
            }
        }
        return {};
    }

    Result<void> cut(const json& step)
    {
        const std::string type = string_of(step, "type");
        if (type == "Split") {
            return split(step);
        }
        if (m_byte_level) {
            return unsupported("cuts text again after its bytes");
        }
        if (type == "Digits") {
            m_data.splits.push_back({.regex = flag(step, "individual_digits", false) ? R"(\p{N})" : R"(\p{N}+)"});
        } else if (type == "ByteLevel") {
            m_byte_level = true;
            m_data.add_prefix_space = flag(step, "add_prefix_space", true);
            if (m_data.add_prefix_space && !m_data.splits.empty()) {
                return unsupported("puts a blank before every piece");
            }
            if (flag(step, "use_regex", true)) {
                m_data.splits.push_back({.regex = std::string(gpt2_words)});
            }
        } else if (type == "Metaspace" && string_of(step, "replacement") == sentence_piece_blank) {
            m_metaspace = true;
            const std::string scheme = string_of(step, "prepend_scheme");
            const bool never = scheme.empty() ? !flag(step, "add_prefix_space", true) : scheme == "never";
            m_data.blanks = {.prefix = never               ? BlankPrefix::never
                                       : scheme == "first" ? BlankPrefix::first
                                                           : BlankPrefix::always,
                             .doubles = false,
                             .splits = flag(step, "split", true)};
        } else {
            return unsupported(std::format("has the pre-tokenizer \"{}\"", printable(type)));
        }
        return {};
    }

    Result<void> split(const json& step)
    {
        auto rule = pattern_of(step);
        if (!rule) {
            return broken("a Split has no pattern");
        }
        const std::string behavior = string_of(step, "behavior");
        if (behavior == "Removed") {
            (flag(step, "invert", false) ? rule->drops_rest : rule->drops_matches) = true;
        } else if (behavior != "Isolated") {
            return unsupported(std::format("has a Split of the behavior \"{}\"", printable(behavior)));
        }
        m_data.splits.push_back(*std::move(rule));
        return {};
    }

    /// Whether a text gets bos: a template that begins with a special token.
    Result<void> read_post_processor()
    {
        const json* processor = member(m_root, "post_processor");
        return processor ? each(*processor, "processors", &Reader::process) : Result<void>();
    }

    Result<void> process(const json& step)
    {
        const json* single = string_of(step, "type") == "TemplateProcessing" ? member(step, "single") : nullptr;
        const json* first = single && single->is_array() && !single->empty() ? &single->front() : nullptr;
        const json* special = first && first->is_object() ? member(*first, "SpecialToken") : nullptr;
        const std::string text = special && special->is_object() ? string_of(*special, "id") : "";
        const auto found = std::ranges::find(m_data.tokens, text);
        if (!text.empty() && found != m_data.tokens.end()) {
            m_data.bos = static_cast<int32_t>(found - m_data.tokens.begin());
            m_data.add_bos = true;
        }
        return {};
    }

    /// One component, or all of a Sequence in order; sequences in sequences are not published.
    Result<void> each(const json& component, const char* list, Result<void> (Reader::*step)(const json&))
    {
        if (!component.is_object()) {
            return broken("a component is no object");
        }
        if (string_of(component, "type") != "Sequence") {
            return (this->*step)(component);
        }
        const json* parts = member(component, list);
        if (!parts || !parts->is_array()) {
            return broken("a Sequence has no parts");
        }
        for (const json& part : *parts) {
            if (!part.is_object()) {
                return broken("a component is no object");
            }
            if (auto done = (this->*step)(part); !done) {
                return done;
            }
        }
        return {};
    }

    const json& m_root;
    const json* m_model = nullptr;
    VocabularyData m_data;
    uint64_t m_limit = 0; ///< no id reaches it
    bool m_byte_fallback = false, m_byte_level = false, m_prepends = false, m_replaces = false, m_metaspace = false;
};

} // namespace

Result<VocabularyData> read_tokenizer_json(const nlohmann::json& json)
{
    return Reader(json).read();
}

} // namespace conclave
