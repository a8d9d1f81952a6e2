#include "text/grammar/schema_converter.hpp"

#include <algorithm>

namespace conclave
{

std::string SchemaConverter::object(const Json& schema, const std::string& where)
{
    if (!takes_all(schema, where, {"type", "properties", "required"})) {
        return "";
    }
    const Json properties = schema.value("properties", Json::object());
    const Json required = schema.value("required", Json::array());
    if (!properties.is_object() || !required.is_array()) {
        return fail("'properties' is an object and 'required' a list of names", where);
    }
    for (const Json& name : required) {
        if (!name.is_string() || !properties.contains(name.get<std::string>())) {
            return fail("'required' names a property that 'properties' does not have", where);
        }
    }
    if (properties.empty()) {
        return any_object(schema, where);
    }
    // From the end: the members from the i-th on, at the beginning of the object and after another member.
    std::string at_begin, after;
    std::vector<std::pair<std::string, const Json*>> members;
    for (const auto& [name, member] : properties.items()) {
        members.emplace_back(name, &member);
    }
    for (auto it = members.rbegin(); it != members.rend(); ++it) {
        const auto& [name, member] = *it;
        const std::string pair = add_rule(gbnf_literal(Json(name).dump()) + " ws \":\" ws " +
                                          expression(*member, where + "/properties/" + name.substr(0, 80)));
        const bool is_required = std::ranges::find(required, Json(name)) != required.end();
        const std::string with = pair + " " + after;
        const std::string nothing = R"("")"; // where no member follows
        at_begin = add_rule(is_required ? with : with + " | " + (at_begin.empty() ? nothing : at_begin));
        const std::string comma = R"(ws "," ws )" + with;
        after = add_rule(is_required ? comma : comma + " | " + (after.empty() ? nothing : after));
    }
    return "\"{\" ws " + at_begin + " ws \"}\"";
}

std::string SchemaConverter::any_object(const Json& schema, const std::string& where)
{
    const Json others = schema.value("additionalProperties", Json(true));
    if (others == false) {
        return "\"{\" ws \"}\"";
    }
    const std::string value = add_rule(expression(others, where + "/additionalProperties"));
    const std::string pair = "string ws \":\" ws " + value;
    return "\"{\" ws ( " + pair + " ( ws \",\" ws " + pair + " )* )? ws \"}\"";
}

} // namespace conclave
