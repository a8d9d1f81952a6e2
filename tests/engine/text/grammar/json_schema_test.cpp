#include <gtest/gtest.h>

#include "conclave/grammar.hpp"
#include "text/grammar/grammar_matcher.hpp"

namespace conclave
{
namespace
{

using Texts = std::vector<std::string>;

void expect(const std::string& schema, const Texts& accepted, const Texts& rejected)
{
    const auto gbnf = grammar_from_json_schema(schema);
    ASSERT_TRUE(gbnf) << schema << "\n" << gbnf.error().message;
    const auto grammar = Grammar::parse(*gbnf);
    ASSERT_TRUE(grammar) << schema << "\n" << grammar.error().message << "\n" << *gbnf;
    GrammarMatcher matcher(*grammar);
    for (const std::string& text : accepted)
        EXPECT_TRUE(matcher.accepts(matcher.step(matcher.begin(), text))) << schema << "\naccepts " << text;
    for (const std::string& text : rejected)
        EXPECT_FALSE(matcher.accepts(matcher.step(matcher.begin(), text))) << schema << "\nrejects " << text;
}

TEST(JsonSchema, AnyValue)
{
    for (const char* schema : {"{}", "true", R"({"title": "anything", "description": "at all"})"})
        expect(
            schema,
            {"null", "true", "-12.5e+10", "\"\\u00e9 \\n é\"", "[]", "[1, [2, {}]]", "{}", R"({"a": 1, "b":[true]})"},
            {"", "nul", "01", "1.", "\"a", "\"\n\"", "\"\\ud800\"", "[1,]", "{a:1}", "{\"a\":1,}", "[1 2]"});
}

TEST(JsonSchema, Types)
{
    expect(R"({"type": "integer"})", {"0", "-7", "1234567890"}, {"1.0", "-", "00", "1e3"});
    expect(R"({"type": "number"})", {"0", "-7.25", "1e10"}, {".5", "+1", "true"});
    expect(R"({"type": "boolean"})", {"true", "false"}, {"null", "True"});
    expect(R"({"type": "null"})", {"null"}, {"0"});
    expect(R"({"type": ["string", "null"], "maxLength": 2})", {"\"ab\"", "null"}, {"\"abc\"", "1"});
    expect(R"({"enum": ["a\"b", 1, null, {"x": [1]}]})", {"\"a\\\"b\"", "1", "null", R"({"x":[1]})"}, {"2", "\"a\""});
    expect(R"({"const": "é\n"})", {"\"é\\n\""}, {"\"e\""});
}

TEST(JsonSchema, Strings)
{
    expect(R"({"type": "string", "minLength": 1, "maxLength": 3})", {"\"a\"", "\"é😀\\n\"", "\"\\u00e9bc\""},
           {"\"\"", "\"abcd\"", "a"});
    expect(R"({"type": "string", "format": "date"})", {"\"2026-11-25\""}, {"\"2026-13-01\"", "\"26-1-1\""});
    expect(R"({"type": "string", "format": "date-time"})",
           {"\"2026-11-25T14:05:00Z\"", "\"2026-11-25T14:05:00.123+01:00\""},
           {"\"2026-11-25 14:05\"", "\"2026-11-25T24:05:00Z\""});
    expect(R"({"type": "string", "format": "uuid"})", {"\"123e4567-e89b-12d3-a456-426614174000\""}, {"\"123\""});
}

TEST(JsonSchema, StringsOfAPattern)
{
    expect(R"({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"})", {"\"AB-1\"", "\"ZZ-007\""},
           {"\"AB-\"", "\"ab-1\"", "\"xAB-1\"", "\"AB-1x\"", "AB-1"});
    expect(R"({"pattern": "b\"c"})", {R"("ab\"cd")", R"("b\"c")"}, {R"("bc")", R"("b"c")"});
    expect(R"({"type": ["string", "integer"], "pattern": "^a$", "minimum": 7})", {"\"a\"", "7", "10"}, {"\"b\"", "6"});
}

TEST(JsonSchema, IntegersWithinBounds)
{
    expect(R"({"type": "integer", "minimum": 0})", {"0", "1", "9999999999999999"}, {"-1", "-0", "00", "1.0", "1e3"});
    expect(R"({"type": "integer", "maximum": -5})", {"-5", "-10", "-9999999999999999"}, {"-4", "0", "5"});
    expect(R"({"type": "integer", "exclusiveMinimum": -3, "exclusiveMaximum": 3})", {"-2", "-1", "0", "2"},
           {"-3", "3"});
    expect(R"({"type": "integer", "minimum": -1.5, "maximum": 2.5})", {"-1", "2"}, {"-2", "3"});
    expect(R"({"type": "integer", "exclusiveMinimum": 1.5, "exclusiveMaximum": 3.5})", {"2", "3"}, {"1", "4"});
    expect(R"({"type": "integer", "minimum": 9007199254740993, "maximum": 9007199254740993})", {"9007199254740993"},
           {"9007199254740992", "9007199254740994"});
    expect(R"({"type": "integer", "minimum": 4, "exclusiveMinimum": 2, "maximum": 6, "exclusiveMaximum": 6})",
           {"4", "5"}, {"3", "6"});
}

TEST(JsonSchema, Arrays)
{
    expect(R"({"type": "array", "items": {"type": "integer"}})", {"[]", "[1]", "[1, 2,3]"}, {"[true]", "[1,]"});
    expect(R"({"items": {"type": "integer"}, "minItems": 2, "maxItems": 3})", {"[1,2]", "[1,2,3]"},
           {"[]", "[1]", "[1,2,3,4]"});
    expect(R"({"type": "array", "maxItems": 1})", {"[]", "[{}]"}, {"[1,2]"});
    expect(R"({"type": "array", "maxItems": 0})", {"[]", "[ ]"}, {"[1]"});
    expect(R"({"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": {"type": "null"}, "minItems": 1})",
           {"[1]", "[1,\"a\"]", "[1,\"a\",null,null]"}, {"[]", "[\"a\"]", "[1,null]"});
    expect(R"({"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false})", {"[]", "[1]", "[1,\"a\"]"},
           {"[1,\"a\",1]"});
}

TEST(JsonSchema, Objects)
{
    const std::string schema = R"({"type": "object", "properties": {
        "a": {"type": "integer"}, "b": {"type": "boolean"}, "c": {"type": "null"}}, "required": ["b"]})";
    expect(schema,
           {R"({"b":true})", R"({"a":1,"b":false})", R"({"a":1, "b":true, "c":null})",
            "{\n  \"b\": true,\n  \"c\": null\n}"},
           {"{}", R"({"a":1})", R"({"b":true,"a":1})", R"({"b":1})", R"({"b":true,})", R"({"b":true,"d":1})"});
    expect(R"({"properties": {"a": {}, "b": {}}})", {"{}", R"({"a":1})", R"({"b":[2]})", R"({"a":1,"b":2})"},
           {R"({,"b":2})", R"({"c":1})"});
    expect(R"({"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
               "required": ["a", "c"]})",
           {R"({"a":1,"c":3})", R"({"a":1,"b":2,"c":3})"}, {R"({"a":1})", R"({"a":1,"b":2})", R"({"c":3})"});
    expect(R"({"type": "object", "additionalProperties": {"type": "integer"}})", {"{}", R"({"x":1,"y":2})"},
           {R"({"x":true})"});
    expect(R"({"type": "object", "additionalProperties": false})", {"{}"}, {R"({"x":1})"});
    expect(R"({"type": ["object", "null"], "properties": {"a": {}}, "required": ["a"]})", {R"({"a":1})", "null"},
           {"{}"});
}

TEST(JsonSchema, CombinationsAndReferences)
{
    expect(R"({"anyOf": [{"type": "integer"}, {"type": "null"}]})", {"1", "null"}, {"true"});
    expect(R"({"oneOf": [{"const": 1}, {"const": 2}]})", {"1", "2"}, {"3"});
    expect(R"({"$defs": {"tree/node": {"type": "object", "properties": {
               "left": {"$ref": "#/$defs/tree~1node"}, "value": {"type": "integer"}}, "required": ["value"]}},
               "allOf": [{"$ref": "#/$defs/tree~1node"}]})",
           {R"({"value":1})", R"({"left":{"left":{"value":3},"value":2},"value":1})"}, {R"({"left":{}})", "1"});
    expect(R"({"type": "array", "items": {"$ref": "#"}})", {"[]", "[[],[[]]]"}, {"[1]"});
}

TEST(JsonSchema, SaysWhatItCannotDo)
{
    const std::string deep(1000, '[');
    const struct {
        std::string schema, message;
    } cases[] = {
        {R"({"properties": {"a": {"type": "string", "pattern": "x(?=y"}}})",
         "at #/properties/a: 'pattern': at character 4, a group that begins with (?"},
        {R"({"type": "string", "pattern": "x", "maxLength": 3})",
         "'pattern' and 'maxLength' cannot be followed at once"},
        {R"({"type": "string", "pattern": 3})", "'pattern' must be a regular expression"},
        {R"({"type": "number", "minimum": 3})", "'minimum' can be turned into a grammar for integers only"},
        {R"({"exclusiveMaximum": 3})", "'exclusiveMaximum' can be turned into a grammar for integers only"},
        {R"({"type": "integer", "minimum": 3, "exclusiveMaximum": 3.5, "maximum": 2})", "no integer lies within"},
        {R"({"type": "integer", "exclusiveMinimum": 9999999999999999})", "no integer lies within"},
        {R"({"type": "integer", "minimum": 10000000000000000})", "'minimum' must be a number of at most 16 digits"},
        {R"({"type": "integer", "exclusiveMinimum": true})",
         "'exclusiveMinimum' must be a number of at most 16 digits"},
        {R"({"type": "integer", "multipleOf": 3})", "'multipleOf' cannot be turned into a grammar"},
        {R"({"type": "array", "uniqueItems": true})", "'uniqueItems' cannot be turned into a grammar"},
        {R"({"not": {}})", "'not' cannot be turned into a grammar"},
        {R"({"allOf": [{}, {}]})", "'allOf' is taken with one entry only"},
        {R"({"$ref": "other.json"})", "'$ref' must name a place in this schema"},
        {R"({"$ref": "#/$defs/none"})", "'$ref' must name a place in this schema"},
        {R"({"type": "strong"})", "'type' must be one of JSON's types"},
        {R"({"type": []})", "'type' is an empty list"},
        {R"({"enum": []})", "'enum' must be a list of values"},
        {R"({"required": ["a"]})", "'required' names a property that 'properties' does not have"},
        {R"({"type": "string", "minLength": -1})", "'minLength' must be a whole number"},
        {R"({"type": "string", "minLength": 3, "maxLength": 2})", "'maxLength' is below 'minLength'"},
        {"false", "this accepts nothing"},
        {"{", "the JSON schema is not JSON"},
        {deep, "nested more than 100 deep"},
    };
    for (const auto& [schema, message] : cases) {
        const auto gbnf = grammar_from_json_schema(schema);
        ASSERT_FALSE(gbnf) << schema;
        EXPECT_NE(gbnf.error().message.find(message), std::string::npos) << schema << "\n" << gbnf.error().message;
    }
}

TEST(JsonSchema, DoesNotGrowWithoutEnd)
{
    std::string schema = "{}";
    for (int i = 0; i < 40; ++i)
        schema = R"({"type": ["object", "object", "object"], "properties": {"a": )" + schema + "}}";
    const auto gbnf = grammar_from_json_schema(schema);
    ASSERT_FALSE(gbnf);
    EXPECT_NE(gbnf.error().message.find("rules; use $ref"), std::string::npos) << gbnf.error().message;
}

} // namespace
} // namespace conclave
