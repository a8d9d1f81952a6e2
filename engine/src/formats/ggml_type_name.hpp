#pragma once

#include <cstdint>
#include <string>

namespace conclave
{

/// How people call a ggml type id, also one that cannot be read here, e.g. "IQ4_XS (ggml type 23)". For messages.
std::string ggml_type_name(uint32_t type);

} // namespace conclave
