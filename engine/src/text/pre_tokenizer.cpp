#include "text/pre_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/check.hpp"
#include "text/pre_tokenizer_rules.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

// Matching is linear for these regexes on the texts people write; the limits end what a hostile text could provoke.
constexpr uint32_t match_limit = 20'000'000;
constexpr uint32_t heap_limit_kib = 64 * 1024;

template <auto free_function>
struct FreeWith {
    template <class T>
    void operator()(T* pointer) const
    {
        free_function(pointer);
    }
};
using Code = std::unique_ptr<pcre2_code, FreeWith<pcre2_code_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, FreeWith<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, FreeWith<pcre2_match_data_free>>;

/// Writes \s and \S out as Unicode's White_Space, which the published tokenizers mean: PCRE2's own \s has U+180E as
/// well.
std::string with_white_space(std::string_view regex)
{
    static constexpr std::string_view white_space = R"(\t-\r\x{85}\p{Z})";
    std::string out;
    bool in_class = false;
    for (size_t i = 0; i < regex.size(); ++i) {
        if (regex[i] == '\\' && i + 1 < regex.size()) {
            const char escaped = regex[++i];
            if (escaped == 's') {
                out += in_class ? std::string(white_space) : std::format("[{}]", white_space);
            } else if (escaped == 'S' && !in_class) { // inside a class there is no other way to write it
                out += std::format("[^{}]", white_space);
            } else {
                out.append({'\\', escaped});
            }
            continue;
        }
        in_class = (in_class || regex[i] == '[') && regex[i] != ']';
        out.push_back(regex[i]);
    }
    return out;
}

Result<Code> compile(std::string_view regex, bool is_literal)
{
    const std::string source = is_literal ? std::string(regex) : with_white_space(regex);
    // In Oniguruma ^ and $ stand at every line.
    const uint32_t options = is_literal ? PCRE2_LITERAL : PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_MULTILINE;
    int error = 0;
    size_t offset = 0;
    Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), PCRE2_UTF | options, &error,
                            &offset, nullptr));
    if (!code) {
        std::array<char, 128> why{};
        pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(why.data()), why.size());
        return Error{ErrorCode::unsupported,
                     std::format("The pre-tokenizer's regex \"{}\" cannot be used: {}; give token ids instead of text.",
                                 regex.substr(0, 256), why.data())};
    }
    // Without JIT (a hardened kernel, an unusual processor) matching is several times slower and gives the same.
    pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
    return code;
}

struct Stage {
    Code code;
    bool drops_matches = false, drops_rest = false;
};

/// Appends the pieces of `text`: each match, and what lies between matches. A match of nothing cuts there.
void split_by(const Stage& stage, pcre2_match_context* context, pcre2_match_data* data, std::string_view text,
              std::vector<std::string_view>& pieces)
{
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    const auto keep = [&](size_t begin, size_t end, bool dropped) {
        if (end > begin && !dropped) {
            pieces.push_back(text.substr(begin, end - begin));
        }
    };
    size_t done = 0;
    for (size_t from = 0; from < text.size();) {
        const pcre2_code* code = stage.code.get();
        int rc = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, data, context);
        if (rc == PCRE2_ERROR_JIT_STACKLIMIT) { // the interpreter keeps its backtracking on the heap
            rc = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, context);
        }
        if (rc < 0) {
            break;
        }
        const size_t* range = pcre2_get_ovector_pointer(data);
        const size_t begin = std::max(range[0], done), end = std::max(range[1], begin); // \K may set them back
        keep(done, begin, stage.drops_rest);
        keep(begin, end, stage.drops_matches);
        done = end;
        from = end;
        if (begin == end && end < text.size()) {
            from += static_cast<size_t>(utf8_step(text.substr(end)).size);
        }
    }
    keep(done, text.size(), stage.drops_rest);
}

} // namespace

struct PreTokenizer::Data {
    std::vector<Stage> stages;
    MatchContext context;
};

PreTokenizer::PreTokenizer(std::unique_ptr<const Data> data) : m_data(std::move(data)) {}
PreTokenizer::~PreTokenizer() = default;

Result<std::shared_ptr<const PreTokenizer>> PreTokenizer::create(std::string_view name)
{
    const PreTokenizerRule* rule = find_pre_tokenizer(name);
    if (!rule) {
        return Error{ErrorCode::unsupported,
                     std::format("The pre-tokenizer \"{}\" (key tokenizer.ggml.pre) is not known; a file with one of "
                                 "these can be used: {}.",
                                 name, pre_tokenizer_names())};
    }
    std::vector<SplitRule> stages;
    for (const std::string_view stage : rule->stages) {
        stages.push_back({.regex = std::string(stage)});
    }
    auto made = create(stages);
    CONCLAVE_CHECK(made, "the regexes are constants of ours and compile");
    return made;
}

Result<std::shared_ptr<const PreTokenizer>> PreTokenizer::create(std::span<const SplitRule> rules)
{
    auto data = std::make_unique<Data>();
    for (const SplitRule& rule : rules) {
        auto code = compile(rule.regex, rule.is_literal);
        if (!code) {
            return code.error();
        }
        data->stages.push_back({*std::move(code), rule.drops_matches, rule.drops_rest});
    }
    data->context.reset(pcre2_match_context_create(nullptr));
    CONCLAVE_CHECK(data->context != nullptr, "out of memory");
    pcre2_set_match_limit(data->context.get(), match_limit);
    pcre2_set_heap_limit(data->context.get(), heap_limit_kib);
    return std::make_shared<const PreTokenizer>(std::move(data));
}

void PreTokenizer::split(std::string_view text, std::vector<std::string_view>& pieces) const
{
    pieces.clear();
    if (text.empty()) {
        return;
    }
    const MatchData match(pcre2_match_data_create(1, nullptr));
    CONCLAVE_CHECK(match != nullptr, "out of memory");
    pieces.push_back(text);
    std::vector<std::string_view> before;
    for (const Stage& stage : m_data->stages) {
        before.swap(pieces);
        pieces.clear();
        for (const std::string_view piece : before) {
            split_by(stage, m_data->context.get(), match.get(), piece, pieces);
        }
    }
}

} // namespace conclave
