#include "text/python_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>

#include "text/utf8.hpp"

namespace conclave
{
namespace
{

using Json = nlohmann::ordered_json;

/// Python's repr: shortest digits, an exponent from 1e16 and below 1e-4.
std::string python_number(double value)
{
    if (!std::isfinite(value)) {
        return "null";
    }
    const double size = std::fabs(value);
    char text[64];
    const bool scientific = size != 0 && (size >= 1e16 || size < 1e-4);
    const auto end = std::to_chars(text, text + sizeof(text), value,
                                   scientific ? std::chars_format::scientific : std::chars_format::fixed);
    std::string out(text, end.ptr);
    return scientific || out.find('.') != std::string::npos ? out : out + ".0";
}

void write_string(std::string& out, std::string_view text, const PythonJsonStyle& style)
{
    out.push_back('"');
    for (size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (!style.keep.empty() && text.substr(i).starts_with(style.keep)) {
            out.append(style.keep);
            i += style.keep.size();
            continue;
        }
        static constexpr std::string_view plain = "\"\\\n\r\t\f\b", escaped = "\"\\nrtfb";
        if (const size_t at = plain.find(text[i]); at != std::string_view::npos) {
            out.push_back('\\');
            out.push_back(escaped[at]);
            ++i;
        } else if (byte < 0x20) {
            out += std::format("\\u{:04x}", static_cast<unsigned>(byte));
            ++i;
        } else if (byte < 0x80 || !style.ensure_ascii) {
            out.push_back(text[i]);
            ++i;
        } else {
            const auto size = static_cast<size_t>(utf8_step(text.substr(i)).size);
            uint32_t point = byte & (0xFFU >> (size + 1));
            for (const char c : text.substr(i + 1, size - 1)) {
                point = (point << 6) | (static_cast<unsigned char>(c) & 0x3FU);
            }
            if (point >= 0x10000) {
                out += std::format("\\u{:04x}\\u{:04x}", 0xD800 + ((point - 0x10000) >> 10),
                                   0xDC00 + ((point - 0x10000) & 0x3FF));
            } else {
                out += std::format("\\u{:04x}", point);
            }
            i += size;
        }
    }
    out.push_back('"');
}

void write(std::string& out, const Json& value, const PythonJsonStyle& style, int level)
{
    if (value.is_string()) {
        write_string(out, value.get_ref<const std::string&>(), style);
        return;
    }
    if (value.is_number_float()) {
        out += python_number(value.get<double>());
        return;
    }
    if (!value.is_structured()) {
        out += value.dump();
        return;
    }
    const bool is_object = value.is_object();
    out.push_back(is_object ? '{' : '[');
    const auto next_line = [&](int depth) {
        if (style.indent >= 0) {
            out.push_back('\n');
            out.append(static_cast<size_t>(style.indent) * static_cast<size_t>(depth), ' ');
        }
    };
    std::vector<Json::const_iterator> items;
    for (auto item = value.begin(); item != value.end(); ++item) {
        items.push_back(item);
    }
    if (is_object && style.sort_keys) {
        std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.key() < b.key(); });
    }
    for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) {
            out += style.item_separator;
        }
        next_line(level + 1);
        if (is_object) {
            write_string(out, items[i].key(), style);
            out += style.key_separator;
        }
        write(out, *items[i], style, level + 1);
    }
    if (!items.empty()) {
        next_line(level);
    }
    out.push_back(is_object ? '}' : ']');
}

} // namespace

std::string python_json(const nlohmann::ordered_json& value, const PythonJsonStyle& style)
{
    std::string out;
    write(out, value, style, 0);
    return out;
}

} // namespace conclave
