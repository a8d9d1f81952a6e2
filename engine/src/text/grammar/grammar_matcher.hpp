#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/grammar/grammar.hpp"

namespace conclave
{

/// Follows a grammar byte by byte. A state is the set of places a text may have come to, each a node with the calls to
/// return to; states and the steps between them are found when first asked for and kept, so that a step taken before is
/// one look into a table. Not thread-safe.
class GrammarMatcher
{
public:
    using State = int32_t;
    static constexpr State dead = 0; ///< no text with this beginning is in the language

    explicit GrammarMatcher(const Grammar& grammar);

    State begin() const { return m_begin; }
    State step(State state, uint8_t byte);
    State step(State state, std::string_view bytes);
    /// Whether the text so far is in the language.
    bool accepts(State state) const { return m_states[static_cast<size_t>(state)].accepts; }
    /// Whether it can go on.
    bool goes_on(State state) const { return m_states[static_cast<size_t>(state)].n_places > 0; }

    /// True once the grammar was so ambiguous that following it took more than the limits below: every step since then
    /// leads to `dead`.
    bool gave_up() const { return m_gave_up; }
    /// Forgets every state but `state` when they have become many; returns what `state` is called then. Invalidates all
    /// others.
    State tidy(State state);
    /// Changes whenever tidy forgets.
    int generation() const { return m_generation; }
    size_t n_states() const { return m_states.size(); }

    static constexpr size_t max_places = 20'000;    ///< visited for one step
    static constexpr size_t max_total = 4'000'000;  ///< places, steps and returns kept before a tidy
    static constexpr size_t tidy_total = 1'000'000; ///< what tidy finds many

private:
    struct Place {
        int32_t node;
        int32_t stack; ///< of returns; 0: empty
        bool operator==(const Place&) const = default;
    };
    struct Return {
        int32_t node, rest;
    };
    struct StateData {
        size_t first_place;
        size_t n_places;
        bool accepts;
    };

    void reset();
    void add(Place place);
    int32_t push(int32_t node, int32_t stack);
    State intern();
    std::span<const Place> places(State state) const;

    const Grammar& m_grammar;
    std::vector<StateData> m_states;
    std::vector<Place> m_places; ///< of all states, by node that reads a byte
    std::vector<State> m_steps;  ///< [states, byte classes]; -1: not asked for yet
    std::unordered_multimap<uint64_t, State> m_by_hash;
    std::vector<Return> m_returns;
    std::unordered_map<uint64_t, int32_t> m_return_ids;
    State m_begin = dead;
    bool m_gave_up = false;
    int m_generation = 0;

    // The state being found.
    std::vector<Place> m_open, m_found;
    std::unordered_map<uint64_t, bool> m_seen;
    bool m_accepts = false;
};

} // namespace conclave
