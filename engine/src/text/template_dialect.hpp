#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// The template's source with the two spellings that minja does not take written in ones it does:
///   text.split(sep, n)  as  (split_at_most(text, sep, n)), a function that render() defines (DeepSeek-V3.1);
///   f(x).member, f(x)[i]  as  (f(x)).member, (f(x))[i] (GLM-4.5).
/// Only tags are touched; rows stay, columns move by a few characters on such a line.
std::string adapt_template(std::string_view source);

} // namespace conclave
