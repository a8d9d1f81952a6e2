#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// A name from an untrusted file made fit for a message: control characters and quotes as \xNN, at most 80 bytes.
std::string printable(std::string_view name);

} // namespace conclave
