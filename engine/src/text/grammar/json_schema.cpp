#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "conclave/grammar.hpp"
#include "text/grammar/grammar.hpp"

namespace conclave
{

namespace
{

using Json = nlohmann::ordered_json;

constexpr int unlimited = -1;
constexpr size_t max_rules = 20'000;
constexpr int max_depth = 100; // of brackets: conversion and the JSON library recurse

/// What every grammar may use. Blanks are few, so that a model cannot fill an answer with them.
constexpr std::array<std::pair<const char*, const char*>, 13> primitives = {{
    {"ws", R"(( " " | "\n" [ \t]{0,20} )?)"},
    {"char", R"([^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" ( [0-9A-Ca-cE-Fe-f] hex{3} | [Dd] [0-7] hex{2} ) ))"},
    {"hex", R"([0-9A-Fa-f])"},
    {"string", R"("\"" char* "\"")"},
    {"integer", R"("-"? ( "0" | [1-9] [0-9]{0,15} ))"},
    {"number", R"(integer ( "." [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,2} )?)"},
    {"boolean", R"("true" | "false")"},
    {"object", R"("{" ws ( string ws ":" ws value ( ws "," ws string ws ":" ws value )* )? ws "}")"},
    {"array", R"("[" ws ( value ( ws "," ws value )* )? ws "]")"},
    {"value", R"(object | array | string | number | boolean | "null")"},
    {"date", R"([0-9]{4} "-" ( "0" [1-9] | "1" [0-2] ) "-" ( "0" [1-9] | "1" [0-9] | "2" [0-8] ))"},
    {"time",
     R"(( [01] [0-9] | "2" [0-3] ) ":" [0-5] [0-9] ":" [0-5] [0-9] ( "." [0-9]{3} )? ( "Z" | [+-] ( [01] [0-9] | "2" [0-3] ) ":" [0-5] [0-9] ))"},
    {"uuid", R"(hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12})"},
}};

// What constrains values of another type than the one a rule is for.
constexpr std::array of_objects = {"properties", "required"};
constexpr std::array of_arrays = {"items", "prefixItems", "minItems", "maxItems"};
constexpr std::array of_strings = {"minLength", "maxLength"};

constexpr std::array annotations = {"$schema",     "$id",      "$comment",    "$anchor", "$defs",
                                    "definitions", "title",    "description", "default", "examples",
                                    "deprecated",  "readOnly", "writeOnly",   "format",  "additionalProperties"};

std::string quoted(const std::string& text)
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

/// Writes one rule a schema; after the first error nothing more is written.
class Converter
{
public:
    explicit Converter(const Json& root) : m_root(root) {}

    Result<std::string> run()
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
        for (const auto& [name, rule] : primitives) {
            out += std::string(name) + " ::= " + rule + "\n";
        }
        return out;
    }

private:
    std::string fail(const std::string& what, const std::string& where)
    {
        if (!m_error) {
            m_error = Error{ErrorCode::unsupported, "the JSON schema, at " + where.substr(0, 200) + ": " + what};
        }
        return "\"\"";
    }

    std::string add_rule(std::string body)
    {
        std::string name = "rule-" + std::to_string(m_rules.size());
        m_rules.emplace_back(name, std::move(body));
        return name;
    }

    /// Every keyword must be among those that `taken` lists, constrain nothing, or constrain only other types.
    bool takes_all(const Json& schema, const std::string& where, std::initializer_list<const char*> taken)
    {
        for (const auto& [key, ignored] : schema.items()) {
            const auto is_key = [&](const char* known) { return key == known; };
            const bool is_known = std::ranges::any_of(taken, is_key) || std::ranges::any_of(annotations, is_key);
            const bool is_typed = schema.contains("type") &&
                                  (std::ranges::any_of(of_objects, is_key) || std::ranges::any_of(of_arrays, is_key) ||
                                   std::ranges::any_of(of_strings, is_key));
            if (!is_known && !is_typed) {
                fail("'" + key.substr(0, 80) + "' cannot be turned into a grammar here; leave it out", where);
                return false;
            }
        }
        return true;
    }

    std::string expression(const Json& schema, const std::string& where)
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
            return takes_all(schema, where, {"const", "type"}) ? quoted(schema["const"].dump()) : "";
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

    static std::string type_of(const Json& schema)
    {
        if (schema.contains("type")) {
            return schema["type"].is_string() ? schema["type"].get<std::string>() : "";
        }
        const auto has = [&](const char* key) { return schema.contains(key); };
        if (has("properties") || has("required") || has("additionalProperties")) {
            return "object";
        }
        return has("items") || has("prefixItems") || has("minItems") || has("maxItems") ? "array"
               : has("minLength") || has("maxLength")                                   ? "string"
                                                                                        : "any";
    }

    std::string of_type(const Json& schema, const std::string& type, const std::string& where)
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
        if (!takes_all(schema, where, {"type"})) {
            return "";
        }
        if (type == "null") {
            return "\"null\"";
        }
        if (type == "integer" || type == "number" || type == "boolean") {
            return type;
        }
        return type == "any" ? "value" : fail("'type' must be one of JSON's types, or a list of them", where);
    }

    std::string types(const Json& schema, const std::string& where)
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

    std::string choices(const Json& values, const std::string& where)
    {
        std::string out;
        if (values.is_array()) {
            for (const Json& value : values) {
                out += (out.empty() ? "( " : " | ") + quoted(value.dump());
            }
        }
        return out.empty() ? fail("'enum' must be a list of values", where) : out + " )";
    }

    std::string combination(const Json& schemas, const std::string& keyword, const std::string& where)
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

    std::string reference(const Json& ref, const std::string& where)
    {
        const std::string text = ref.is_string() ? ref.get<std::string>() : std::string();
        if (const auto known = m_rule_of_ref.find(text); known != m_rule_of_ref.end()) {
            return known->second;
        }
        const Json* target = text.starts_with("#/") ? find(text.substr(1)) : nullptr;
        if (!target) {
            return fail("'$ref' must name a place in this schema, as in #/$defs/name", where);
        }
        const size_t index = m_rules.size();
        const std::string name = add_rule("");
        m_rule_of_ref[text] = name;
        if (++m_n_open_refs > max_depth) {
            return fail("more than " + std::to_string(max_depth) + " references follow one another", where);
        }
        std::string body = expression(*target, text);
        --m_n_open_refs;
        m_rules[index].second = std::move(body);
        return name;
    }

    const Json* find(const std::string& pointer) const
    {
        const Json* at = &m_root;
        for (size_t begin = 1; begin <= pointer.size();) {
            const size_t end = std::min(pointer.find('/', begin), pointer.size());
            std::string key = pointer.substr(begin, end - begin);
            for (const auto& [escape, character] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
                for (size_t i = key.find(escape); i != std::string::npos; i = key.find(escape, i + 1)) {
                    key.replace(i, 2, character);
                }
            }
            if (!at->is_object() || !at->contains(key)) {
                return nullptr;
            }
            at = &(*at)[key];
            begin = end + 1;
        }
        return at;
    }

    int count(const Json& schema, const char* keyword, int absent, const std::string& where)
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

    static std::string repetition(int min, int max)
    {
        return "{" + std::to_string(min) + "," + (max == unlimited ? "" : std::to_string(max)) + "}";
    }

    std::string string(const Json& schema, const std::string& where)
    {
        if (!takes_all(schema, where, {"type", "minLength", "maxLength"})) {
            return "";
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

    std::string array(const Json& schema, const std::string& where)
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
    static std::string more_items(const std::string& item, int min, int max, int n_first)
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

    std::string object(const Json& schema, const std::string& where)
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
            const std::string pair = add_rule(quoted(Json(name).dump()) + " ws \":\" ws " +
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

    std::string any_object(const Json& schema, const std::string& where)
    {
        const Json others = schema.value("additionalProperties", Json(true));
        if (others == false) {
            return "\"{\" ws \"}\"";
        }
        const std::string value = add_rule(expression(others, where + "/additionalProperties"));
        const std::string pair = "string ws \":\" ws " + value;
        return "\"{\" ws ( " + pair + " ( ws \",\" ws " + pair + " )* )? ws \"}\"";
    }

    const Json& m_root;
    std::vector<std::pair<std::string, std::string>> m_rules; ///< name, right side
    std::map<std::string, std::string> m_rule_of_ref;
    int m_n_open_refs = 0;
    std::optional<Error> m_error;
};

} // namespace

Result<void> check_grammar(std::string_view gbnf)
{
    const auto grammar = Grammar::parse(gbnf);
    return grammar ? Result<void>() : Result<void>(grammar.error());
}

Result<std::string> grammar_from_json_schema(std::string_view schema)
{
    if (depth_of(schema) > max_depth) {
        return Error{ErrorCode::unsupported, "the JSON schema is nested more than " + std::to_string(max_depth) +
                                                 " deep; name parts of it under $defs"};
    }
    const Json json = Json::parse(schema, nullptr, false);
    if (json.is_discarded()) {
        return Error{ErrorCode::format, "the JSON schema is not JSON; check its brackets, quotes and commas"};
    }
    return Converter(json).run();
}

} // namespace conclave
