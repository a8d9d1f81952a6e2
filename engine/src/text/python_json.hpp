#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace conclave
{

struct PythonJsonStyle {
    int indent = -1; ///< blanks a level; below 0: all on one line
    bool ensure_ascii = false;
    bool sort_keys = false;
    std::string item_separator = ", ", key_separator = ": ";
    std::string_view keep; ///< written as it is, also with ensure_ascii
};

/// `value` [valid UTF-8] as Python's json.dumps writes it, which is what a template's filter tojson does in
/// transformers (utils/chat_template_utils.py). Only numbers that JSON text does not have (NaN, infinities) differ:
/// they come out as null.
std::string python_json(const nlohmann::ordered_json& value, const PythonJsonStyle& style);

} // namespace conclave
