#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "conclave/result.hpp"

namespace conclave
{

/// What makes typed text safe; see Tokenizer::break_specials.
using BreakSpecials = std::function<std::string(std::string_view)>;

/// RenderOptions::tools, every name and text of it passed through `broken`. Errors: invalid_argument, with the byte or
/// the entry at fault.
Result<nlohmann::ordered_json> parse_tools(std::string_view text, const BreakSpecials& broken);

/// ToolCall::arguments of a call of the function `name`, likewise; no text counts as {}.
Result<nlohmann::ordered_json> parse_arguments(std::string_view text, std::string_view name,
                                               const BreakSpecials& broken);

} // namespace conclave
