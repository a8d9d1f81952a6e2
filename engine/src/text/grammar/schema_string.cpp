#include "text/grammar/schema_converter.hpp"

#include "text/grammar/pattern.hpp"

namespace conclave
{

std::string SchemaConverter::string(const Json& schema, const std::string& where)
{
    if (!takes_all(schema, where, {"type", "minLength", "maxLength", "pattern"})) {
        return "";
    }
    if (schema.contains("pattern")) {
        return pattern(schema, where);
    }
    const std::string format =
        schema.contains("format") && schema["format"].is_string() ? schema["format"].get<std::string>() : "";
    if (format == "date" || format == "time" || format == "uuid") {
        return R"("\"" )" + format + R"( "\"")";
    }
    if (format == "date-time") {
        return R"("\"" date "T" time "\"")";
    }
    const int min = count(schema, "minLength", 0, where), max = count(schema, "maxLength", unlimited, where);
    if (max != unlimited && max < min) {
        return fail("'maxLength' is below 'minLength'", where);
    }
    return min == 0 && max == unlimited ? "string" : R"("\"" char)" + repetition(min, max) + R"( "\"")";
}

std::string SchemaConverter::pattern(const Json& schema, const std::string& where)
{
    for (const char* other : {"minLength", "maxLength", "format"}) {
        if (schema.contains(other)) {
            return fail("'pattern' and '" + std::string(other) +
                            "' cannot be followed at once; leave one out, or write the lengths into the pattern",
                        where);
        }
    }
    if (!schema["pattern"].is_string()) {
        return fail("'pattern' must be a regular expression in quotes", where);
    }
    const auto expression = gbnf_of_pattern(schema["pattern"].get<std::string>());
    if (!expression) {
        return fail("'pattern': " + expression.error().message, where);
    }
    return add_rule(*expression); // a rule of its own, where its groups may nest anew
}

} // namespace conclave
