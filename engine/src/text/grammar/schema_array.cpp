#include "text/grammar/schema_converter.hpp"

#include <algorithm>

namespace conclave
{

std::string SchemaConverter::array(const Json& schema, const std::string& where)
{
    if (!takes_all(schema, where, {"type", "items", "prefixItems", "minItems", "maxItems"})) {
        return "";
    }
    std::vector<std::string> first;
    if (schema.contains("prefixItems")) {
        for (const Json& item : schema["prefixItems"]) {
            first.push_back(add_rule(expression(item, where + "/prefixItems/" + std::to_string(first.size()))));
        }
    }
    const bool closed = schema.contains("items") && schema["items"] == false;
    const std::string item =
        closed || !schema.contains("items") ? "value" : add_rule(expression(schema["items"], where + "/items"));
    const int n_first = static_cast<int>(first.size());
    const int min = count(schema, "minItems", 0, where);
    int max = count(schema, "maxItems", unlimited, where);
    if (closed) {
        max = max == unlimited ? n_first : std::min(max, n_first);
    }
    if (max != unlimited && max < min) {
        return fail("an array cannot have so many and so few items at once", where);
    }
    // From the end: whatever follows the i-th item, with its comma.
    std::string rest = max == unlimited || max > n_first ? more_items(item, min, max, n_first) : "";
    for (int i = (max == unlimited ? n_first : std::min(n_first, max)) - 1; i >= 0; --i) {
        const std::string comma = i > 0 ? R"(ws "," ws )" : "";
        const std::string with = comma + first[static_cast<size_t>(i)] + " " + rest;
        rest = add_rule(i < min ? with : "( " + with + " )?");
    }
    return R"("[" ws )" + rest + R"( ws "]")";
}

/// The items of an array behind its first `n_first`, which have rules of their own.
std::string SchemaConverter::more_items(const std::string& item, int min, int max, int n_first)
{
    const auto another = [&](int low, int high) {
        return R"(( ws "," ws )" + item + " )" + repetition(std::max(0, low), high);
    };
    if (n_first > 0) {
        return another(min - n_first, max == unlimited ? unlimited : max - n_first);
    }
    const std::string some = item + " " + another(min - 1, max == unlimited ? unlimited : max - 1);
    return min > 0 ? some : "( " + some + " )?";
}

} // namespace conclave
