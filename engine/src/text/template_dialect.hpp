#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// The template's source with what minja does not take, or takes otherwise than Jinja2, written in ways that it does:
///   text.split(sep, n)  as  (split_at_most(text, sep, n)), a function that render() defines (DeepSeek-V3.1);
///   f(x).member, f(x)[i]  as  (f(x)).member, (f(x))[i] (GLM-4.5);
///   operators of template_operators.hpp as calls;
///   blanks before {{ at the start of a line, which minja drops, as an expression of their own (gpt-oss).
/// Only tags are touched; rows stay, columns move on such a line.
std::string adapt_template(std::string_view source);

} // namespace conclave
