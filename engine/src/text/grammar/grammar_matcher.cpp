#include "text/grammar/grammar_matcher.hpp"

#include <algorithm>
#include <utility>

namespace conclave
{

namespace
{

constexpr GrammarMatcher::State unknown = -1;

uint64_t key(int32_t a, int32_t b)
{
    return static_cast<uint64_t>(static_cast<uint32_t>(a)) << 32 | static_cast<uint32_t>(b);
}

} // namespace

GrammarMatcher::GrammarMatcher(const Grammar& grammar) : m_grammar(grammar)
{
    reset();
    add({grammar.start(), 0});
    m_begin = intern();
}

void GrammarMatcher::reset()
{
    m_states.clear();
    m_places.clear();
    m_steps.clear();
    m_by_hash.clear();
    m_returns.assign(1, {0, 0}); // the empty stack
    m_return_ids.clear();
    m_states.push_back({0, 0, false}); // dead
    m_steps.assign(static_cast<size_t>(m_grammar.n_byte_classes()), dead);
}

std::span<const GrammarMatcher::Place> GrammarMatcher::places(State state) const
{
    const StateData& data = m_states[static_cast<size_t>(state)];
    return std::span(m_places).subspan(data.first_place, data.n_places);
}

int32_t GrammarMatcher::push(int32_t node, int32_t stack)
{
    if (m_grammar.node(node).kind == GrammarNode::end) {
        return stack; // a call at the end of a rule needs no return, so that lists by recursion do not grow the stack
    }
    const auto [found, is_new] = m_return_ids.try_emplace(key(node, stack), static_cast<int32_t>(m_returns.size()));
    if (is_new) {
        m_returns.push_back({node, stack});
    }
    return found->second;
}

/// Adds the places that `place` comes to before the next byte.
void GrammarMatcher::add(Place place)
{
    m_open.push_back(place);
    while (!m_open.empty()) {
        const auto [node_index, stack] = m_open.back();
        m_open.pop_back();
        if (m_seen.size() > max_places) {
            m_gave_up = true;
            m_open.clear();
            return;
        }
        if (!m_seen.try_emplace(key(node_index, stack), true).second) {
            continue;
        }
        const GrammarNode& node = m_grammar.node(node_index);
        switch (node.kind) {
        case GrammarNode::byte:
            m_found.push_back({node_index, stack});
            break;
        case GrammarNode::call:
            m_open.push_back({node.other, push(node.next, stack)});
            break;
        case GrammarNode::split:
            m_open.push_back({node.other, stack});
            m_open.push_back({node.next, stack});
            break;
        case GrammarNode::end:
            if (stack == 0) {
                m_accepts = true;
            } else {
                const Return& back = m_returns[static_cast<size_t>(stack)];
                m_open.push_back({back.node, back.rest});
            }
            break;
        case GrammarNode::fail:
            break;
        }
    }
}

/// The state of what was found since the last call.
GrammarMatcher::State GrammarMatcher::intern()
{
    std::ranges::sort(m_found, {}, [](const Place& place) { return key(place.node, place.stack); });
    uint64_t hash = m_accepts ? 0x9E3779B97F4A7C15u : 0;
    for (const Place& place : m_found) {
        hash = (hash ^ key(place.node, place.stack)) * 0xBF58476D1CE4E5B9u;
        hash ^= hash >> 29;
    }
    State state = m_found.empty() && !m_accepts ? dead : unknown;
    const auto [begin, end] = m_by_hash.equal_range(hash);
    for (auto it = begin; it != end && state == unknown; ++it) {
        const std::span<const Place> known = places(it->second);
        if (accepts(it->second) == m_accepts && std::ranges::equal(known, m_found)) {
            state = it->second;
        }
    }
    if (state == unknown && m_places.size() + m_found.size() + m_steps.size() + m_returns.size() > max_total) {
        m_gave_up = true;
    }
    if (m_gave_up) {
        state = dead;
    }
    if (state == unknown) {
        state = static_cast<State>(m_states.size());
        m_states.push_back({m_places.size(), m_found.size(), m_accepts});
        m_places.insert(m_places.end(), m_found.begin(), m_found.end());
        m_steps.resize(m_steps.size() + static_cast<size_t>(m_grammar.n_byte_classes()), unknown);
        m_by_hash.emplace(hash, state);
    }
    m_found.clear();
    m_seen.clear();
    m_accepts = false;
    return state;
}

GrammarMatcher::State GrammarMatcher::step(State state, uint8_t byte)
{
    const size_t at =
        static_cast<size_t>(state) * static_cast<size_t>(m_grammar.n_byte_classes()) + m_grammar.byte_class(byte);
    if (m_steps[at] != unknown) {
        return m_steps[at];
    }
    const StateData data = m_states[static_cast<size_t>(state)];
    for (size_t i = 0; i < data.n_places && !m_gave_up; ++i) {
        const Place place = m_places[data.first_place + i];
        const GrammarNode& node = m_grammar.node(place.node);
        if (byte >= node.first && byte <= node.last) {
            add({node.next, place.stack});
        }
    }
    const State next = intern();
    m_steps[at] = next;
    return next;
}

GrammarMatcher::State GrammarMatcher::step(State state, std::string_view bytes)
{
    for (const char byte : bytes) {
        state = step(state, static_cast<uint8_t>(byte));
    }
    return state;
}

GrammarMatcher::State GrammarMatcher::tidy(State state)
{
    if (m_places.size() + m_steps.size() + m_returns.size() < tidy_total) {
        return state;
    }
    const std::span<const Place> kept = places(state);
    m_found.assign(kept.begin(), kept.end());
    m_accepts = accepts(state);
    const std::vector<Return> old = std::exchange(m_returns, {});
    reset();
    std::unordered_map<int32_t, int32_t> moved = {{0, 0}};
    std::vector<int32_t> chain; // of returns that have no new name yet, innermost first
    for (Place& place : m_found) {
        for (int32_t stack = place.stack; !moved.contains(stack); stack = old[static_cast<size_t>(stack)].rest) {
            chain.push_back(stack);
        }
        for (; !chain.empty(); chain.pop_back()) {
            const Return& back = old[static_cast<size_t>(chain.back())];
            moved[chain.back()] = push(back.node, moved.at(back.rest));
        }
        place.stack = moved.at(place.stack);
    }
    ++m_generation;
    m_begin = dead;
    return intern();
}

} // namespace conclave
