#pragma once

#include <span>
#include <string>
#include <string_view>

namespace conclave
{

/// The regexes of one published pre-tokenizer, in order.
struct PreTokenizerRule {
    std::string_view name;
    std::span<const std::string_view> stages;
    bool ignore_merges = false; ///< a piece that is a token stays one, whatever its merges; tokenizer.json's spelling
    bool add_bos = false;       ///< where a file does not say
};

/// nullptr when neither a rule nor an alias has this name.
const PreTokenizerRule* find_pre_tokenizer(std::string_view name);

/// All names, aliases included, for an error message: "a, b, c".
std::string pre_tokenizer_names();

} // namespace conclave
