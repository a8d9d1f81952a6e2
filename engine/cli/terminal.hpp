#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::cli
{

/// Whether a person types on standard input.
bool stdin_is_terminal();

/// Text of a model for standard output, where a terminal may read it: control characters other than line breaks and
/// tabs, which a terminal would obey, become blanks. `text` is UTF-8, whole characters. JSON output has them as they
/// are, escaped.
std::string without_controls(std::string_view text);

/// "184800 bytes", "12.30 MB": never "0.00 MB" for something that is there.
std::string size_text(uint64_t n_bytes);

} // namespace conclave::cli
