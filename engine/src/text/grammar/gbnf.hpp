#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"
#include "text/grammar/utf8_ranges.hpp"

namespace conclave
{

/// A rule's right side, or a part of it.
struct GbnfExpression {
    enum Kind : uint8_t { literal, characters, rule, sequence, alternatives, repeat };
    static constexpr int unlimited = -1;

    Kind kind = sequence;
    std::string text = {};                     ///< literal: UTF-8
    std::vector<CodePointRange> ranges = {};   ///< characters
    int rule_index = 0;                        ///< rule
    int min = 0, max = 0;                      ///< repeat; max may be unlimited
    std::vector<GbnfExpression> children = {}; ///< sequence, alternatives; one for repeat
};

struct GbnfRule {
    std::string name;
    GbnfExpression body;
};

/// Reads GBNF as llama.cpp documents it (grammars/README.md): rules `name ::= …`, literals, character classes, `.`,
/// groups, `|`, `* + ? {m,n}` and comments; not its token references. Every rule that is named is there; the rule
/// "root" is rules[root].
/// Errors: format with line and column; unsupported for token references and for nesting beyond max_gbnf_depth.
struct Gbnf {
    std::vector<GbnfRule> rules;
    size_t root = 0;

    static Result<Gbnf> parse(std::string_view text);
};

constexpr int max_gbnf_depth = 200;

} // namespace conclave
