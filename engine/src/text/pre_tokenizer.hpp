#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"

namespace conclave
{

/// Cuts text into the pieces that byte-pair merging never crosses: a sequence of regexes, each re-splitting every piece
/// left by the one before (Hugging Face: Split, behavior Isolated). Immutable; thread-safe.
class PreTokenizer
{
public:
    /// `name` as files write it. Errors: unsupported, listing the names that are known.
    static Result<std::shared_ptr<const PreTokenizer>> create(std::string_view name);

    /// Pieces of `text` [valid UTF-8] in order, views into it. Should a regex give up on its match limit (which takes a
    /// hostile text of megabytes), what is left of that piece stays whole.
    void split(std::string_view text, std::vector<std::string_view>& pieces) const;

    /// Whether a piece that is itself a token stays one, whatever its merges (Llama 3).
    bool ignores_merges() const;

    struct Data;
    explicit PreTokenizer(std::unique_ptr<const Data> data);
    ~PreTokenizer();

private:
    std::unique_ptr<const Data> m_data;
};

} // namespace conclave
