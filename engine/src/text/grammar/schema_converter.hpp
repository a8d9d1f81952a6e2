#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "conclave/result.hpp"

namespace conclave
{

constexpr int max_schema_depth = 100; ///< of brackets and of references: conversion and the JSON library recurse

/// Writes the GBNF of one JSON schema: an expression for each schema in it, a rule where one is named or comes again.
/// After the first error nothing more is written. Each kind of value has a file of its own, schema_<kind>.cpp.
class SchemaConverter
{
public:
    using Json = nlohmann::ordered_json;

    /// `root` must outlive it.
    explicit SchemaConverter(const Json& root) : m_root(root) {}

    /// The rules, "root" first; those of schema_primitives() are not among them. Errors: unsupported, naming a place in
    /// the schema.
    Result<std::string> run();

private:
    static constexpr int unlimited = -1;

    std::string fail(const std::string& what, const std::string& where);
    std::string add_rule(std::string body);
    bool takes_all(const Json& schema, const std::string& where, std::initializer_list<const char*> taken);
    int count(const Json& schema, const char* keyword, int absent, const std::string& where);
    static std::string repetition(int min, int max);

    std::string expression(const Json& schema, const std::string& where);
    static std::string type_of(const Json& schema);
    std::string of_type(const Json& schema, const std::string& type, const std::string& where);

    std::string types(const Json& schema, const std::string& where);
    std::string choices(const Json& values, const std::string& where);
    std::string combination(const Json& schemas, const std::string& keyword, const std::string& where);
    std::string reference(const Json& ref, const std::string& where);
    const Json* find(const std::string& pointer) const;

    std::string string(const Json& schema, const std::string& where);
    std::string pattern(const Json& schema, const std::string& where);
    std::string integer(const Json& schema, const std::string& where);
    std::string number(const Json& schema, const std::string& where);
    std::optional<int64_t> bound(const Json& schema, const char* keyword, bool is_low, const std::string& where);
    std::string array(const Json& schema, const std::string& where);
    static std::string more_items(const std::string& item, int min, int max, int n_first);
    std::string object(const Json& schema, const std::string& where);
    std::string any_object(const Json& schema, const std::string& where);

    const Json& m_root;
    std::vector<std::pair<std::string, std::string>> m_rules; ///< name, right side
    std::map<std::string, std::string> m_rule_of_ref;
    int m_n_open_refs = 0;
    std::optional<Error> m_error;
};

/// Text as a GBNF literal.
std::string gbnf_literal(const std::string& text);

} // namespace conclave
