#pragma once

#include <string_view>

#include "conclave/result.hpp"

namespace conclave
{

/// Refuses a template that would overflow the parser's stack: the parser recurses per bracket, per block and per
/// operator, and its regexes per character of a comment. Published templates stay below a tenth of these limits.
/// Errors: unsupported, with row and the limit.
Result<void> check_template_limits(std::string_view source);

/// The same for brackets alone, of a source in which operators have become calls: a chain of them is brackets in
/// brackets.
Result<void> check_adapted_limits(std::string_view adapted);

} // namespace conclave
