#include "text/grammar/schema_converter.hpp"

namespace conclave
{

std::string SchemaConverter::types(const Json& schema, const std::string& where)
{
    std::string out;
    if (schema["type"].size() > 7) {
        return fail("'type' lists more types than JSON has", where);
    }
    for (const Json& type : schema["type"]) {
        Json one = schema;
        one["type"] = type;
        out += (out.empty() ? "( " : " | ") + expression(one, where);
    }
    return out.empty() ? fail("'type' is an empty list", where) : out + " )";
}

std::string SchemaConverter::choices(const Json& values, const std::string& where)
{
    std::string out;
    if (values.is_array()) {
        for (const Json& value : values) {
            out += (out.empty() ? "( " : " | ") + gbnf_literal(value.dump());
        }
    }
    return out.empty() ? fail("'enum' must be a list of values", where) : out + " )";
}

std::string SchemaConverter::combination(const Json& schemas, const std::string& keyword, const std::string& where)
{
    if (!schemas.is_array() || schemas.empty() || (keyword == "allOf" && schemas.size() > 1)) {
        return fail(keyword == "allOf" ? "'allOf' is taken with one entry only; merge them into one schema"
                                       : "'" + keyword + "' must be a list of schemas",
                    where);
    }
    std::string out = "( ";
    for (size_t i = 0; i < schemas.size(); ++i) {
        out += (i == 0 ? "" : " | ") + expression(schemas[i], where + "/" + keyword + "/" + std::to_string(i));
    }
    return out + " )";
}

} // namespace conclave
