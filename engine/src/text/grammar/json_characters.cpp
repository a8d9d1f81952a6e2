#include "text/grammar/json_characters.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace conclave
{

namespace
{

constexpr uint32_t n_controls = 0x20;
constexpr std::pair<uint32_t, char> short_escapes[] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                                       {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};

bool contains(const std::vector<CodePointRange>& ranges, uint32_t code_point)
{
    return std::ranges::any_of(
        ranges, [&](const CodePointRange& range) { return range.first <= code_point && code_point <= range.last; });
}

bool has_short_escape(uint32_t code_point)
{
    return std::ranges::any_of(short_escapes, [&](const auto& escape) { return escape.first == code_point; });
}

std::string class_character(uint32_t code_point)
{
    return code_point < 0x100     ? std::format("\\x{:02X}", code_point)
           : code_point < 0x10000 ? std::format("\\u{:04X}", code_point)
                                  : std::format("\\U{:08X}", code_point);
}

/// Those of `ranges` that stand for themselves.
std::string plain(std::vector<CodePointRange> ranges)
{
    std::vector<CodePointRange> others = complement(std::move(ranges));
    for (const CodePointRange& escaped :
         {CodePointRange{0, n_controls - 1}, CodePointRange{'"', '"'}, CodePointRange{'\\', '\\'}}) {
        others.push_back(escaped);
    }
    std::string out;
    for (const CodePointRange& range : complement(std::move(others))) {
        out += class_character(range.first);
        if (range.last > range.first) {
            out += "-" + class_character(range.last);
        }
    }
    return out;
}

/// Of the 16 control characters from `first` on those without a short escape: the last digit of \u00XX.
std::string last_digits(const std::vector<CodePointRange>& ranges, uint32_t first)
{
    std::string out;
    for (uint32_t digit = 0; digit < 16; ++digit) {
        if (contains(ranges, first + digit) && !has_short_escape(first + digit)) {
            out += digit < 10 ? std::format("{}", digit) : std::format("{:X}{:x}", digit, digit);
        }
    }
    return out;
}

} // namespace

std::string json_characters(std::vector<CodePointRange> ranges)
{
    std::string out;
    const auto add = [&](const std::string& alternative) { out += (out.empty() ? "" : " | ") + alternative; };
    for (const uint32_t first : {0u, 16u}) {
        if (const std::string digits = last_digits(ranges, first); !digits.empty()) {
            add(std::format("\"\\\\u00{}\" [{}]", first / 16, digits));
        }
    }
    std::string letters;
    for (const auto& [code_point, letter] : short_escapes) {
        if (contains(ranges, code_point)) {
            letters += letter == '\\' ? "\\\\" : std::string(1, letter);
        }
    }
    if (!letters.empty()) {
        add("\"\\\\\" [" + letters + "]");
    }
    if (const std::string own = plain(std::move(ranges)); !own.empty() || out.empty()) {
        add("[" + own + "]");
    }
    return "( " + out + " )";
}

} // namespace conclave
