#include "text/grammar/grammar_nodes.hpp"

#include <string>

namespace conclave
{

namespace
{

/// Writes each expression before what follows it is known to the reader: from its end, with the node that comes next.
class Layout
{
public:
    explicit Layout(const Gbnf& gbnf) : m_gbnf(gbnf) {}

    Result<GrammarNodes> run()
    {
        // Calls name their rule until all starts are known.
        for (const GbnfRule& rule : m_gbnf.rules) {
            const int32_t end = add({.kind = GrammarNode::end});
            m_out.starts.push_back(expression(rule.body, end));
            if (m_work > max_work) {
                return Error{ErrorCode::unsupported,
                             "the grammar's rule '" + rule.name.substr(0, 80) + "' comes to more than " +
                                 std::to_string(Grammar::max_nodes) +
                                 " steps, because each count of a repetition is one; use smaller counts, or *"};
            }
        }
        for (GrammarNode& node : m_out.nodes) {
            if (node.kind == GrammarNode::call) {
                node.other = m_out.starts[static_cast<size_t>(node.other)];
            }
        }
        return std::move(m_out);
    }

private:
    // Every expression that is laid out counts too: an empty one makes no node, however often it is repeated.
    static constexpr size_t max_work = Grammar::max_nodes;

    bool enough() { return ++m_work > max_work; }

    int32_t add(const GrammarNode& node)
    {
        if (!enough()) {
            m_out.nodes.push_back(node);
        }
        return static_cast<int32_t>(m_out.nodes.size()) - 1;
    }

    int32_t expression(const GbnfExpression& what, int32_t next)
    {
        if (enough()) {
            return next;
        }
        switch (what.kind) {
        case GbnfExpression::literal:
            for (auto byte = what.text.rbegin(); byte != what.text.rend(); ++byte) {
                const auto value = static_cast<uint8_t>(*byte);
                next = add({.kind = GrammarNode::byte, .first = value, .last = value, .next = next});
            }
            return next;
        case GbnfExpression::characters:
            return characters(what.ranges, next);
        case GbnfExpression::rule:
            return add({.kind = GrammarNode::call, .next = next, .other = what.rule_index});
        case GbnfExpression::sequence:
            for (auto child = what.children.rbegin(); child != what.children.rend(); ++child) {
                next = expression(*child, next);
            }
            return next;
        case GbnfExpression::alternatives: {
            int32_t out = expression(what.children.back(), next);
            for (size_t i = what.children.size() - 1; i-- > 0;) {
                out = add({.kind = GrammarNode::split, .next = expression(what.children[i], next), .other = out});
            }
            return out;
        }
        case GbnfExpression::repeat:
            return repeat(what, next);
        }
        return next;
    }

    int32_t repeat(const GbnfExpression& what, int32_t next)
    {
        const GbnfExpression& child = what.children[0];
        int32_t out = next;
        if (what.max == GbnfExpression::unlimited) {
            out = add({.kind = GrammarNode::split, .next = next, .other = next});
            const int32_t again = expression(child, out);
            m_out.nodes[static_cast<size_t>(out)].next = again;
        } else {
            for (int i = what.min; i < what.max && m_work <= max_work; ++i) {
                out = add({.kind = GrammarNode::split, .next = expression(child, out), .other = next});
            }
        }
        for (int i = 0; i < what.min && m_work <= max_work; ++i) {
            out = expression(child, out);
        }
        return out;
    }

    int32_t characters(const std::vector<CodePointRange>& ranges, int32_t next)
    {
        std::vector<ByteSequence> sequences;
        for (const CodePointRange& range : ranges) {
            append_utf8(range, sequences);
        }
        if (sequences.empty()) {
            return add({.kind = GrammarNode::fail});
        }
        int32_t out = -1;
        for (const ByteSequence& sequence : sequences) {
            int32_t begin = next;
            for (int i = sequence.size; i-- > 0;) {
                const ByteRange& byte = sequence.bytes[static_cast<size_t>(i)];
                begin = add({.kind = GrammarNode::byte, .first = byte.first, .last = byte.last, .next = begin});
            }
            out = out < 0 ? begin : add({.kind = GrammarNode::split, .next = begin, .other = out});
        }
        return out;
    }

    const Gbnf& m_gbnf;
    GrammarNodes m_out;
    size_t m_work = 0;
};

} // namespace

Result<GrammarNodes> make_nodes(const Gbnf& gbnf)
{
    return Layout(gbnf).run();
}

} // namespace conclave
