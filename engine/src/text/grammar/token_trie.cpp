#include "text/grammar/token_trie.hpp"

#include <algorithm>

#include "text/tokenizer.hpp"

namespace conclave
{

TokenTrie::TokenTrie(const Tokenizer& tokenizer) : m_tokenizer(tokenizer)
{
    for (int32_t id = 0; id < tokenizer.n_vocab(); ++id) {
        const std::string& bytes = tokenizer.token_bytes(id);
        if (!bytes.empty() && !tokenizer.is_control(id) && !tokenizer.is_end_of_generation(id)) {
            m_entries.push_back({id, 0});
            m_longest = std::max(m_longest, bytes.size());
        }
    }
    std::ranges::sort(m_entries, [&](const Entry& a, const Entry& b) {
        return tokenizer.token_bytes(a.id) < tokenizer.token_bytes(b.id);
    });
    for (size_t i = 1; i < m_entries.size(); ++i) {
        const std::string& before = tokenizer.token_bytes(m_entries[i - 1].id);
        const std::string& bytes = tokenizer.token_bytes(m_entries[i].id);
        const auto differs = std::ranges::mismatch(before, bytes).in2;
        m_entries[i].shared = static_cast<uint32_t>(differs - bytes.begin());
    }
}

size_t TokenTrie::mark(GrammarMatcher& matcher, GrammarMatcher::State state, std::span<uint64_t> allowed,
                       std::vector<GrammarMatcher::State>& states) const
{
    states.resize(m_longest + 1);
    states[0] = state;
    size_t n_allowed = 0;
    size_t alive = 0; // bytes of the last entry that was read whose states are not dead
    for (const Entry& entry : m_entries) {
        if (entry.shared > alive) {
            continue;
        }
        const std::string& bytes = m_tokenizer.token_bytes(entry.id);
        alive = entry.shared;
        while (alive < bytes.size()) {
            states[alive + 1] = matcher.step(states[alive], static_cast<uint8_t>(bytes[alive]));
            if (states[alive + 1] == GrammarMatcher::dead) {
                break;
            }
            ++alive;
        }
        if (alive == bytes.size()) {
            const auto id = static_cast<size_t>(entry.id);
            allowed[id / 64] |= uint64_t{1} << (id % 64);
            ++n_allowed;
        }
    }
    return n_allowed;
}

} // namespace conclave
