#include "text/tiktoken_model.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>

#include "text/byte_alphabet.hpp"

namespace conclave
{

namespace
{

/// The bytes of base64 with its padding, in the byte-level alphabet; absent when it is none, or of nothing.
std::optional<std::string> spelling_of_base64(std::string_view text)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.empty() || text.size() % 4 != 0) {
        return std::nullopt;
    }
    const size_t n_padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(n_padding);
    std::string out;
    uint32_t bits = 0;
    int n_bits = 0;
    for (const char c : text) {
        const size_t value = alphabet.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = bits << 6 | static_cast<uint32_t>(value);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out += spelling_of_byte(static_cast<uint8_t>(bits >> n_bits));
        }
    }
    return out;
}

Error broken(size_t line, std::string_view what)
{
    return {ErrorCode::format, std::format("tiktoken.model is damaged: line {} {}; download it again.", line, what)};
}

} // namespace

Result<VocabularyData> read_tiktoken_model(std::string_view text)
{
    const auto n_lines = static_cast<size_t>(std::ranges::count(text, '\n')) + 1;
    VocabularyData data;
    data.merges_by_id = true;
    size_t n_tokens = 0;
    for (size_t line = 1; !text.empty(); ++line) {
        const size_t end = std::min(text.find('\n'), text.size());
        std::string_view entry = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (entry.ends_with('\r')) {
            entry.remove_suffix(1);
        }
        if (entry.empty()) {
            continue;
        }
        const size_t blank = std::min(entry.find(' '), entry.size());
        auto token = spelling_of_base64(entry.substr(0, blank));
        const std::string_view digits = entry.substr(std::min(blank + 1, entry.size()));
        size_t rank = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
        if (!token || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
            return broken(line, "is not a token in base64, a blank and its rank");
        }
        if (rank >= n_lines) {
            return broken(line, "has a rank beyond the number of tokens");
        }
        if (rank >= data.tokens.size()) {
            data.tokens.resize(rank + 1);
        }
        if (!data.tokens[rank].empty()) {
            return broken(line, "has the rank of an earlier one");
        }
        data.tokens[rank] = *std::move(token);
        ++n_tokens;
    }
    if (n_tokens == 0 || n_tokens < data.tokens.size()) {
        return broken(n_lines, "is the last, and ranks are missing");
    }
    data.types.resize(n_tokens, TokenType::normal);
    return data;
}

} // namespace conclave
