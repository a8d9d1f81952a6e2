#include <algorithm>
#include <string>

#include "conclave/grammar.hpp"
#include "text/grammar/grammar.hpp"
#include "text/grammar/schema_converter.hpp"
#include "text/grammar/schema_primitives.hpp"

namespace conclave
{

namespace
{

/// Brackets that stand open at once, strings left out.
int depth_of(std::string_view json)
{
    int depth = 0, most = 0;
    bool in_string = false;
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            i += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            most = std::max(most, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return most;
}

} // namespace

Result<void> check_grammar(std::string_view gbnf)
{
    const auto grammar = Grammar::parse(gbnf);
    return grammar ? Result<void>() : Result<void>(grammar.error());
}

Result<std::string> grammar_from_json_schema(std::string_view schema)
{
    if (depth_of(schema) > max_schema_depth) {
        return Error{ErrorCode::unsupported, "the JSON schema is nested more than " + std::to_string(max_schema_depth) +
                                                 " deep; name parts of it under $defs"};
    }
    const auto json = SchemaConverter::Json::parse(schema, nullptr, false);
    if (json.is_discarded()) {
        return Error{ErrorCode::format, "the JSON schema is not JSON; check its brackets, quotes and commas"};
    }
    auto rules = SchemaConverter(json).run();
    return rules ? Result<std::string>(*rules + schema_primitives()) : rules;
}

} // namespace conclave
