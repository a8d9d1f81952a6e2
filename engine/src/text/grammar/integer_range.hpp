#pragma once

#include <cstdint>
#include <string>

namespace conclave
{

constexpr int max_grammar_digits = 16; ///< of an integer: as many as grammars of JSON let a model write
constexpr int64_t max_grammar_integer = 9'999'999'999'999'999;

/// Integers from first to last, both included.
struct IntegerRange {
    int64_t first = 0, last = 0;
};

/// GBNF of the integers of a range that is not empty and lies within max_grammar_integer of 0, as JSON writes them:
/// without leading zeros, and 0 without a sign.
std::string gbnf_of_integers(IntegerRange range);

} // namespace conclave
