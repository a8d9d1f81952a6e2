#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// `source` with a call of the function `counter` at the start of every pass through a loop, a macro and a call block,
/// and with the variables just set as its arguments behind every assignment. White space comes out as before: the call
/// stands in a tag pair that touches the tag before it and takes over its trim mark. A template has no other way to
/// work without end, and the parser's nodes offer no place to stop it.
std::string count_work(std::string_view source, std::string_view counter);

/// A name that `source` does not spell, so that no template can put something of its own in the counter's place.
std::string unused_name(std::string_view source);

} // namespace conclave
