#pragma once

#include <string>
#include <vector>

#include "text/grammar/utf8_ranges.hpp"

namespace conclave
{

/// GBNF of one of these characters as it stands in a string of JSON: quotes, backslashes and control characters
/// escaped, in the shortest way; all others as they are. Nothing fits no ranges.
std::string json_characters(std::vector<CodePointRange> ranges);

} // namespace conclave
