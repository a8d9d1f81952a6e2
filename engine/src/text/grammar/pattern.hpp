#pragma once

#include <string>
#include <string_view>

#include "conclave/result.hpp"

namespace conclave
{

/// GBNF of the JSON strings, in their quotes, whose values match a regular expression of ECMA-262 as JSON Schema has
/// them: anywhere, unless ^ and $ stand at the ends of the pattern or of its alternatives. Taken besides: characters,
/// classes, the dot, groups, |, quantifiers (lazy ones are as others), \d \w \s and their opposites, escapes of
/// characters. A character is a code point. Errors: unsupported, with the place and what stands there: look-around,
/// references to groups, word boundaries, properties, anchors elsewhere.
Result<std::string> gbnf_of_pattern(std::string_view pattern);

} // namespace conclave
