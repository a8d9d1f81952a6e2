#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// What is inside of a tag, with the operators that minja computes without a check written as calls of functions that
/// template_functions.hpp defines, which do as Python does:
///   a * b, a / b, a // b, a % b  as  python_times(a, b), python_divide(…), python_floor_divide(…), python_modulo(…);
///   a[i:j:k]  as  python_slice(a, i, j, k), with none for what is left out.
/// minja divides integers by zero, which ends the process, repeats a text without a bound, and takes a slice beyond the
/// end of a text from whatever lies there. Recursion is bounded by the brackets that check_template_limits allows.
std::string adapt_operators(std::string_view inside);

} // namespace conclave
