#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conclave/result.hpp"
#include "text/grammar/grammar.hpp"
#include "text/grammar/grammar_matcher.hpp"
#include "text/grammar/token_trie.hpp"

namespace conclave
{

/// One answer held to a grammar: which tokens may come next, and where the text stands after each. Masks are kept by
/// state: inside a string of JSON, say, the same one serves every token.
class GrammarConstraint
{
public:
    /// `trie` and its tokenizer must outlive it. Errors: those of Grammar::parse.
    static Result<std::unique_ptr<GrammarConstraint>> create(std::string_view gbnf, const TokenTrie& trie,
                                                             const Tokenizer& tokenizer);

    /// A bit for each token that may come next [n_vocab], ends of generation where the text may end. Valid until the
    /// next call. Errors: unsupported when the grammar is too ambiguous to follow; invalid_argument when no token may
    /// come, because the vocabulary has none for what the grammar asks.
    Result<std::span<const uint64_t>> allowed();
    static bool contains(std::span<const uint64_t> allowed, int32_t id)
    {
        return (allowed[static_cast<size_t>(id) / 64] >> (static_cast<size_t>(id) % 64) & 1) != 0;
    }
    /// Goes on by a token that was allowed and is no end of generation.
    void advance(int32_t id);
    /// The text is whole and nothing can follow.
    bool is_complete() const { return m_matcher.accepts(m_state) && !m_matcher.goes_on(m_state); }

private:
    GrammarConstraint(Grammar grammar, const TokenTrie& trie, const Tokenizer& tokenizer);
    GrammarConstraint(const GrammarConstraint&) = delete; // the matcher refers to the grammar beside it

    static constexpr size_t max_masks = 256;

    const Grammar m_grammar;
    const TokenTrie& m_trie;
    const Tokenizer& m_tokenizer;
    GrammarMatcher m_matcher;
    GrammarMatcher::State m_state;
    std::vector<uint64_t> m_ends; ///< bits of the tokens that end an answer
    struct Mask {
        std::vector<uint64_t> bits;
        bool any = false;
    };
    std::unordered_map<GrammarMatcher::State, Mask> m_masks;
    std::vector<GrammarMatcher::State> m_states; ///< room for the trie
};

} // namespace conclave
