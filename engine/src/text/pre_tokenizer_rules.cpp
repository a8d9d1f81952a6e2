#include "text/pre_tokenizer_rules.hpp"

#include <array>

namespace conclave
{
namespace
{

// The regexes stand as the models publish them in tokenizer.json, characters beyond ASCII as \x{...}.

// deepseek-llm: the cased letters of Latin, Greek, Cyrillic, Armenian, Georgian, Cherokee and their kin.
constexpr std::string_view deepseek_llm_letters =
    R"(\s?[)"
    R"(A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF})"
    R"(\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1})"
    R"(\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5})"
    R"(\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77})"
    R"(\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D})"
    R"(\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE})"
    R"(\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC})"
    R"(\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124})"
    R"(\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E})"
    R"(\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D})"
    R"(\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF})"
    R"(\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F})"
    R"(\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
    R"(\x{1E900}-\x{1E943})"
    R"(]+)";
constexpr std::string_view deepseek_llm_punctuation =
    R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)";
constexpr std::string_view deepseek_cjk = R"([\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";
// Published as \s+$. Matched from every start inside a long run of blanks that is not the last, that takes quadratic
// time; a match can only begin where the run does, so the look-behind changes no result.
constexpr std::string_view trailing_blanks = R"((?<!\s)\s++$)";

constexpr std::string_view deepseek_v3_words = R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+)"
                                               R"(|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
                                               R"(| ?[\p{P}\p{S}]+[\r\n]*)"
                                               R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Qwen3.5: marks count as letters.
constexpr std::string_view qwen35_words = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N})"
                                          R"(| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::string_view llama3_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// o200k: cased words with their contractions.
constexpr std::string_view o200k_words =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// Kimi-K2, tokenization_kimi.py: runs of Han apart, which the letters of cased words then leave out. (Published as an
// intersection of sets, [...&&[^\p{Han}]], and by the script alone: PCRE2's plain \p{Han} means its extensions too.)
constexpr std::string_view kimi_words = R"([\p{sc:Han}]+)"
                                        R"(|[^\r\n\p{L}\p{N}]?(?:(?!\p{sc:Han})[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])*)"
                                        R"((?:(?!\p{sc:Han})[\p{Ll}\p{Lm}\p{Lo}\p{M}])+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
                                        R"(|[^\r\n\p{L}\p{N}]?(?:(?!\p{sc:Han})[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])+)"
                                        R"((?:(?!\p{sc:Han})[\p{Ll}\p{Lm}\p{Lo}\p{M}])*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
                                        R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view gpt2_words = R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

constexpr std::array deepseek_llm = {
    std::string_view(R"([\r\n])"), deepseek_llm_letters, deepseek_llm_punctuation, trailing_blanks, deepseek_cjk,
    std::string_view(R"(\p{N}+)"),
};
constexpr std::array deepseek_coder = {
    std::string_view(R"([\r\n])"), std::string_view(R"(\s?\p{L}+)"), std::string_view(R"(\s?\p{P}+)"), deepseek_cjk,
    std::string_view(R"(\p{N})"),
};
constexpr std::array deepseek_v3 = {
    std::string_view(R"(\p{N}{1,3})"),
    std::string_view(R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)"),
    deepseek_v3_words,
};
constexpr std::array qwen2 = {qwen2_words};
constexpr std::array qwen35 = {qwen35_words};
constexpr std::array llama3 = {llama3_words};
constexpr std::array o200k = {o200k_words};
constexpr std::array kimi_k2 = {kimi_words};
constexpr std::array gpt2 = {gpt2_words};

constexpr PreTokenizerRule rules[] = {
    {"deepseek-llm", deepseek_llm},
    {"deepseek-coder", deepseek_coder},
    {"deepseek-v3", deepseek_v3},
    {"qwen2", qwen2},
    {"qwen35", qwen35},
    {"llama3", llama3, true, true},
    {"gpt-2", gpt2},
    {"glm4", llama3},
    {"gpt-4o", o200k},
    {"kimi-k2", kimi_k2},
};

struct Alias {
    std::string_view alias, name;
};
constexpr Alias aliases[] = {
    {"deepseek-r1-qwen", "qwen2"},
    {"megrez", "qwen2"},
    {"llama-bpe", "llama3"},
    {"llama-v3", "llama3"},
    {"olmo", "gpt-2"},
    {"chatglm-bpe", "glm4"},
    {"dbrx", "glm4"},
    {"smaug-bpe", "glm4"},
    {"mpt", "gpt-2"},
};

} // namespace

const PreTokenizerRule* find_pre_tokenizer(std::string_view name)
{
    for (const Alias& alias : aliases) {
        if (alias.alias == name) {
            name = alias.name;
        }
    }
    for (const PreTokenizerRule& rule : rules) {
        if (rule.name == name) {
            return &rule;
        }
    }
    return nullptr;
}

std::string pre_tokenizer_names()
{
    std::string names;
    for (const PreTokenizerRule& rule : rules) {
        names.append(names.empty() ? "" : ", ").append(rule.name);
    }
    for (const Alias& alias : aliases) {
        names.append(", ").append(alias.alias);
    }
    return names;
}

} // namespace conclave
