#pragma once

#include <string>

namespace conclave
{

/// The rules that every grammar of a JSON schema may use, by the names of JSON's types and of formats.
std::string schema_primitives();

} // namespace conclave
