#include "text/grammar/schema_converter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "text/grammar/integer_range.hpp"

namespace conclave
{

/// The least or the greatest integer that the bound allows; absent when the schema has no such bound.
std::optional<int64_t> SchemaConverter::bound(const Json& schema, const char* keyword, bool is_low,
                                              const std::string& where)
{
    if (!schema.contains(keyword)) {
        return {};
    }
    const Json& value = schema[keyword];
    const double number = value.is_number() ? value.get<double>() : HUGE_VAL;
    const bool is_near = std::fabs(number) < 1e18; // so that both are int64_t
    const int64_t low = !is_near                    ? 0
                        : value.is_number_integer() ? value.get<int64_t>()
                                                    : static_cast<int64_t>(std::ceil(number));
    const int64_t high = !is_near ? 0 : value.is_number_integer() ? low : static_cast<int64_t>(std::floor(number));
    if (!is_near || std::max(std::abs(low), std::abs(high)) > max_grammar_integer) {
        fail("'" + std::string(keyword) + "' must be a number of at most " + std::to_string(max_grammar_digits) +
                 " digits",
             where);
        return {};
    }
    const bool is_exclusive = std::string_view(keyword).starts_with("exclusive");
    if (is_low) {
        return is_exclusive ? high + 1 : low;
    }
    return is_exclusive ? low - 1 : high;
}

std::string SchemaConverter::integer(const Json& schema, const std::string& where)
{
    if (!takes_all(schema, where, {"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})) {
        return "";
    }
    std::optional<int64_t> low = bound(schema, "minimum", true, where), high = bound(schema, "maximum", false, where);
    if (const auto other = bound(schema, "exclusiveMinimum", true, where)) {
        low = std::max(low.value_or(*other), *other);
    }
    if (const auto other = bound(schema, "exclusiveMaximum", false, where)) {
        high = std::min(high.value_or(*other), *other);
    }
    if (!low && !high) {
        return "integer";
    }
    const IntegerRange range{std::max(low.value_or(-max_grammar_integer), -max_grammar_integer),
                             std::min(high.value_or(max_grammar_integer), max_grammar_integer)};
    return range.first > range.last ? fail("no integer lies within these bounds", where) : gbnf_of_integers(range);
}

std::string SchemaConverter::number(const Json& schema, const std::string& where)
{
    for (const char* keyword : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}) {
        if (schema.contains(keyword)) {
            return fail(
                "'" + std::string(keyword) +
                    "' can be turned into a grammar for integers only; leave it out, or say \"type\": \"integer\"",
                where);
        }
    }
    return takes_all(schema, where, {"type"}) ? "number" : "";
}

} // namespace conclave
