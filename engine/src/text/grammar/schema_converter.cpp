#include "text/grammar/schema_converter.hpp"

#include <algorithm>
#include <array>

namespace conclave
{

namespace
{

constexpr size_t max_rules = 20'000;

// What constrains values of another type than the one a rule is for.
constexpr std::array of_objects = {"properties", "required"};
constexpr std::array of_arrays = {"items", "prefixItems", "minItems", "maxItems"};
constexpr std::array of_strings = {"minLength", "maxLength", "pattern"};
constexpr std::array of_numbers = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"};

constexpr std::array annotations = {"$schema",     "$id",      "$comment",    "$anchor", "$defs",
                                    "definitions", "title",    "description", "default", "examples",
                                    "deprecated",  "readOnly", "writeOnly",   "format",  "additionalProperties"};

} // namespace

std::string gbnf_literal(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else {
            out += c;
        }
    }
    return out + "\"";
}

Result<std::string> SchemaConverter::run()
{
    m_rule_of_ref["#"] = "root";
    m_rules.emplace_back("root", "");
    std::string body = expression(m_root, "#");
    m_rules[0].second = std::move(body);
    if (m_error) {
        return *m_error;
    }
    std::string out;
    for (const auto& [name, rule] : m_rules) {
        out += name + " ::= " + rule + "\n";
    }
    return out;
}

std::string SchemaConverter::fail(const std::string& what, const std::string& where)
{
    if (!m_error) {
        m_error = Error{ErrorCode::unsupported, "the JSON schema, at " + where.substr(0, 200) + ": " + what};
    }
    return "\"\"";
}

std::string SchemaConverter::add_rule(std::string body)
{
    std::string name = "rule-" + std::to_string(m_rules.size());
    m_rules.emplace_back(name, std::move(body));
    return name;
}

/// Every keyword must be among those that `taken` lists, constrain nothing, or constrain only other types.
bool SchemaConverter::takes_all(const Json& schema, const std::string& where, std::initializer_list<const char*> taken)
{
    for (const auto& [key, ignored] : schema.items()) {
        const auto is_key = [&](const char* known) { return key == known; };
        const bool is_known = std::ranges::any_of(taken, is_key) || std::ranges::any_of(annotations, is_key);
        const bool is_typed = schema.contains("type") &&
                              (std::ranges::any_of(of_objects, is_key) || std::ranges::any_of(of_arrays, is_key) ||
                               std::ranges::any_of(of_strings, is_key) || std::ranges::any_of(of_numbers, is_key));
        if (!is_known && !is_typed) {
            fail("'" + key.substr(0, 80) + "' cannot be turned into a grammar here; leave it out", where);
            return false;
        }
    }
    return true;
}

int SchemaConverter::count(const Json& schema, const char* keyword, int absent, const std::string& where)
{
    if (!schema.contains(keyword)) {
        return absent;
    }
    const Json& value = schema[keyword];
    if (!value.is_number_integer() || value < 0 || value > 1'000'000) {
        fail("'" + std::string(keyword) + "' must be a whole number up to 1000000", where);
        return 0;
    }
    return value.get<int>();
}

std::string SchemaConverter::repetition(int min, int max)
{
    return "{" + std::to_string(min) + "," + (max == unlimited ? "" : std::to_string(max)) + "}";
}

std::string SchemaConverter::expression(const Json& schema, const std::string& where)
{
    if (m_rules.size() > max_rules) {
        return fail("it comes to more than " + std::to_string(max_rules) + " rules; use $ref for what comes again",
                    where);
    }
    if (m_error) {
        return "";
    }
    if (schema.is_boolean() && schema.get<bool>()) {
        return "value";
    }
    if (!schema.is_object()) {
        return fail("a schema is an object or true; this accepts nothing", where);
    }
    if (schema.contains("$ref")) {
        return takes_all(schema, where, {"$ref"}) ? reference(schema["$ref"], where) : "";
    }
    if (schema.contains("const")) {
        return takes_all(schema, where, {"const", "type"}) ? gbnf_literal(schema["const"].dump()) : "";
    }
    if (schema.contains("enum")) {
        return takes_all(schema, where, {"enum", "type"}) ? choices(schema["enum"], where) : "";
    }
    for (const char* keyword : {"anyOf", "oneOf", "allOf"}) {
        if (schema.contains(keyword)) {
            return takes_all(schema, where, {keyword}) ? combination(schema[keyword], keyword, where) : "";
        }
    }
    if (schema.contains("type") && schema["type"].is_array()) {
        return types(schema, where);
    }
    return of_type(schema, type_of(schema), where);
}

std::string SchemaConverter::type_of(const Json& schema)
{
    if (schema.contains("type")) {
        return schema["type"].is_string() ? schema["type"].get<std::string>() : "";
    }
    const auto has = [&](const char* key) { return schema.contains(key); };
    if (has("properties") || has("required") || has("additionalProperties")) {
        return "object";
    }
    if (has("items") || has("prefixItems") || has("minItems") || has("maxItems")) {
        return "array";
    }
    if (has("minLength") || has("maxLength") || has("pattern")) {
        return "string";
    }
    const bool is_number = has("minimum") || has("maximum") || has("exclusiveMinimum") || has("exclusiveMaximum");
    return is_number ? "number" : "any";
}

std::string SchemaConverter::of_type(const Json& schema, const std::string& type, const std::string& where)
{
    if (type == "object") {
        return object(schema, where);
    }
    if (type == "array") {
        return array(schema, where);
    }
    if (type == "string") {
        return string(schema, where);
    }
    if (type == "integer") {
        return integer(schema, where);
    }
    if (type == "number") {
        return number(schema, where);
    }
    if (!takes_all(schema, where, {"type"})) {
        return "";
    }
    if (type == "null") {
        return "\"null\"";
    }
    if (type == "boolean") {
        return type;
    }
    return type == "any" ? "value" : fail("'type' must be one of JSON's types, or a list of them", where);
}

} // namespace conclave
