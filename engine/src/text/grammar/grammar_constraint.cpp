#include "text/grammar/grammar_constraint.hpp"

#include <utility>

#include "text/tokenizer.hpp"

namespace conclave
{

Result<std::unique_ptr<GrammarConstraint>> GrammarConstraint::create(std::string_view gbnf, const TokenTrie& trie,
                                                                     const Tokenizer& tokenizer)
{
    auto grammar = Grammar::parse(gbnf);
    if (!grammar) {
        return grammar.error();
    }
    return std::unique_ptr<GrammarConstraint>(new GrammarConstraint(*std::move(grammar), trie, tokenizer));
}

GrammarConstraint::GrammarConstraint(Grammar grammar, const TokenTrie& trie, const Tokenizer& tokenizer)
    : m_grammar(std::move(grammar)), m_trie(trie), m_tokenizer(tokenizer), m_matcher(m_grammar),
      m_state(m_matcher.begin()), m_ends((static_cast<size_t>(tokenizer.n_vocab()) + 63) / 64)
{
    for (int32_t id = 0; id < tokenizer.n_vocab(); ++id) {
        if (tokenizer.is_end_of_generation(id)) {
            m_ends[static_cast<size_t>(id) / 64] |= uint64_t{1} << (static_cast<size_t>(id) % 64);
        }
    }
}

Result<std::span<const uint64_t>> GrammarConstraint::allowed()
{
    auto found = m_masks.find(m_state);
    if (found == m_masks.end()) {
        const int generation = m_matcher.generation();
        m_state = m_matcher.tidy(m_state);
        if (m_masks.size() >= max_masks || m_matcher.generation() != generation) {
            m_masks.clear();
        }
        found = m_masks.try_emplace(m_state).first;
        Mask& mask = found->second;
        const bool may_end = m_matcher.accepts(m_state);
        mask.bits = may_end ? m_ends : std::vector<uint64_t>(m_ends.size());
        mask.any = m_trie.mark(m_matcher, m_state, mask.bits, m_states) > 0 || may_end;
    }
    if (m_matcher.gave_up()) {
        return Error{ErrorCode::unsupported, "the grammar is too ambiguous to follow: one text has more than " +
                                                 std::to_string(GrammarMatcher::max_places) +
                                                 " readings; let each thing it accepts have one way to be read"};
    }
    if (!found->second.any) {
        return Error{ErrorCode::invalid_argument, "no token of this model's vocabulary can go on with what the grammar "
                                                  "asks for; allow more characters there"};
    }
    return std::span<const uint64_t>(found->second.bits);
}

void GrammarConstraint::advance(int32_t id)
{
    m_state = m_matcher.step(m_state, m_tokenizer.token_bytes(id));
}

} // namespace conclave
