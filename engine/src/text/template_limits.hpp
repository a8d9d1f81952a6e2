#pragma once

#include <string_view>

#include "conclave/result.hpp"

namespace conclave
{

/// Refuses a template that would overflow the parser's stack: the parser recurses per bracket, per block and per
/// operator, and its regexes per character of a comment. Published templates stay below a tenth of these limits.
/// Errors: unsupported, with row and the limit.
Result<void> check_template_limits(std::string_view source);

} // namespace conclave
