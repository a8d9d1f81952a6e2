#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"

namespace conclave
{

/// One regex of a pre-tokenizer: its matches become pieces, and so does what lies between them.
struct SplitRule {
    std::string regex;
    bool is_literal = false;    ///< the text itself, no regex
    bool drops_matches = false; ///< the one or the other leaves the text (Hugging Face: behavior Removed)
    bool drops_rest = false;
};

/// Cuts text into the pieces that byte-pair merging never crosses: a sequence of regexes, each re-splitting every piece
/// left by the one before (Hugging Face: Split, behavior Isolated or Removed). Immutable; thread-safe.
class PreTokenizer
{
public:
    /// `name` as files write it. Errors: unsupported, listing the names that are known.
    static Result<std::shared_ptr<const PreTokenizer>> create(std::string_view name);
    /// Errors: unsupported for a regex that PCRE2 cannot compile. Regexes are in Oniguruma's dialect, as tokenizer.json
    /// has them; what that dialect has beyond Perl's is such an error.
    static Result<std::shared_ptr<const PreTokenizer>> create(std::span<const SplitRule> rules);

    /// Pieces of `text` [valid UTF-8] in order, views into it. Should a regex give up on its match limit (which takes a
    /// hostile text of megabytes), what is left of that piece stays whole.
    void split(std::string_view text, std::vector<std::string_view>& pieces) const;

    struct Data;
    explicit PreTokenizer(std::unique_ptr<const Data> data);
    ~PreTokenizer();

private:
    std::unique_ptr<const Data> m_data;
};

} // namespace conclave
