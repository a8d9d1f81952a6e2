#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "text/grammar/grammar_matcher.hpp"

namespace conclave
{

class Tokenizer;

/// A vocabulary in order of its bytes, each token with what it shares with the one before it: a trie laid flat, so that
/// shared beginnings are followed once and what hangs on a dead beginning is passed over.
class TokenTrie
{
public:
    /// Control tokens, those that end an answer and those without bytes are left out. `tokenizer` must outlive it.
    explicit TokenTrie(const Tokenizer& tokenizer);

    /// Sets the bit of each token that leaves the text in the grammar's language or on the way to it. allowed [at least
    /// n_vocab bits], all 0 before; states: room that is kept between calls. Returns how many there are.
    size_t mark(GrammarMatcher& matcher, GrammarMatcher::State state, std::span<uint64_t> allowed,
                std::vector<GrammarMatcher::State>& states) const;

private:
    struct Entry {
        int32_t id;
        uint32_t shared; ///< bytes in common with the entry before
    };
    const Tokenizer& m_tokenizer;
    std::vector<Entry> m_entries;
    size_t m_longest = 0; ///< bytes
};

} // namespace conclave
