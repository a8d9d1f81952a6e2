#pragma once

#include <string>
#include <string_view>

#include "conclave/result.hpp"

namespace conclave
{

/// Whether GBNF, the grammar notation that llama.cpp documents, can be followed. Errors: format with line and column,
/// or unsupported with what it is that cannot be followed and what to write instead.
Result<void> check_grammar(std::string_view gbnf);

/// The GBNF of JSON texts that fit a JSON schema. Taken: type, properties, required, items, prefixItems, minItems,
/// maxItems, minLength, maxLength, pattern, minimum, maximum, exclusiveMinimum and exclusiveMaximum of integers, enum,
/// const, anyOf, oneOf, allOf with one entry, $ref within the schema, and the formats date, time, date-time and uuid.
/// Of patterns: characters, classes, groups, alternatives, quantifiers, and ^ and $ at the ends. Properties come in the
/// order of the schema, others only where none are named; numbers have at most 16 digits before and 15 behind the
/// point. Annotations (title, description, default, …) and other formats are passed over. Errors: format when the
/// schema is no JSON; unsupported, naming the keyword and its place, for a keyword that constrains and is not taken.
Result<std::string> grammar_from_json_schema(std::string_view schema);

} // namespace conclave
