#include "text/grammar/left_recursion.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

namespace conclave
{

namespace
{

/// Walks every rule as far as it goes without reading. A call goes on behind the called rule once that is known to be
/// able to read nothing; until then it waits there.
class Walk
{
public:
    explicit Walk(const GrammarNodes& grammar)
        : m_grammar(grammar), m_calls(grammar.starts.size()), m_waiting(grammar.starts.size()),
          m_may_be_empty(grammar.starts.size()), m_seen(grammar.nodes.size())
    {
        for (size_t rule = 0; rule < grammar.starts.size(); ++rule) {
            m_rule_at[grammar.starts[rule]] = static_cast<int>(rule);
        }
    }

    /// The rules that each rule calls before it reads.
    const std::vector<std::vector<int>>& run()
    {
        for (size_t rule = 0; rule < m_calls.size(); ++rule) {
            m_open.push_back({static_cast<int>(rule), m_grammar.starts[rule]});
        }
        while (!m_open.empty()) {
            const Place place = m_open.back();
            m_open.pop_back();
            if (!m_seen[static_cast<size_t>(place.node)]) {
                m_seen[static_cast<size_t>(place.node)] = true;
                step(place);
            }
        }
        return m_calls;
    }

private:
    struct Place {
        int rule;
        int32_t node;
    };

    void step(const Place& place)
    {
        const GrammarNode& node = m_grammar.nodes[static_cast<size_t>(place.node)];
        switch (node.kind) {
        case GrammarNode::byte:
        case GrammarNode::fail:
            return;
        case GrammarNode::split:
            m_open.push_back({place.rule, node.next});
            m_open.push_back({place.rule, node.other});
            return;
        case GrammarNode::call: {
            const int called = m_rule_at.at(node.other);
            m_calls[static_cast<size_t>(place.rule)].push_back(called);
            if (m_may_be_empty[static_cast<size_t>(called)]) {
                m_open.push_back({place.rule, node.next});
            } else {
                m_waiting[static_cast<size_t>(called)].push_back({place.rule, node.next});
            }
            return;
        }
        case GrammarNode::end: {
            const auto rule = static_cast<size_t>(place.rule);
            m_may_be_empty[rule] = true;
            m_open.insert(m_open.end(), m_waiting[rule].begin(), m_waiting[rule].end());
            m_waiting[rule].clear();
            return;
        }
        }
    }

    const GrammarNodes& m_grammar;
    std::unordered_map<int32_t, int> m_rule_at; ///< by first node, which is its own
    std::vector<std::vector<int>> m_calls;
    std::vector<std::vector<Place>> m_waiting;
    std::vector<bool> m_may_be_empty, m_seen; // a node belongs to one rule
    std::vector<Place> m_open;
};

} // namespace

int left_recursive_rule(const GrammarNodes& grammar)
{
    Walk walk(grammar);
    const std::vector<std::vector<int>>& calls = walk.run();
    enum Color : uint8_t { untouched, open, done };
    std::vector<Color> color(calls.size(), untouched);
    std::vector<std::pair<int, size_t>> path; // a rule and how many of its calls were followed
    for (size_t first = 0; first < calls.size(); ++first) {
        if (color[first] != untouched) {
            continue;
        }
        path.push_back({static_cast<int>(first), 0});
        color[first] = open;
        while (!path.empty()) {
            auto& [rule, n_followed] = path.back();
            const std::vector<int>& called = calls[static_cast<size_t>(rule)];
            if (n_followed == called.size()) {
                color[static_cast<size_t>(rule)] = done;
                path.pop_back();
                continue;
            }
            const int next = called[n_followed++];
            if (color[static_cast<size_t>(next)] == open) {
                return next;
            }
            if (color[static_cast<size_t>(next)] == untouched) {
                color[static_cast<size_t>(next)] = open;
                path.push_back({next, 0});
            }
        }
    }
    return -1;
}

} // namespace conclave
