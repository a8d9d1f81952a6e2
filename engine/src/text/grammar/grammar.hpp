#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"

namespace conclave
{

/// A step of a rule over the bytes of UTF-8.
struct GrammarNode {
    enum Kind : uint8_t {
        byte,  ///< a byte from first to last, then `next`
        call,  ///< the rule that starts at `other`, then `next`
        split, ///< `next` or `other`
        end,   ///< of the rule
        fail   ///< nothing can follow
    };
    Kind kind = end;
    uint8_t first = 0, last = 0;
    int32_t next = 0, other = 0;
};

/// A context-free grammar as nodes over bytes, ready to be followed. Immutable; no rule reaches itself before it reads
/// a byte, so the rules that a place may be in are finitely many.
class Grammar
{
public:
    /// From GBNF (see gbnf.hpp). Errors: those of the parser; unsupported for left recursion, which names the rule, and
    /// for repetitions that come to more than max_nodes.
    static Result<Grammar> parse(std::string_view gbnf);

    static constexpr size_t max_nodes = 300'000;

    const GrammarNode& node(int32_t index) const { return m_nodes[static_cast<size_t>(index)]; }
    int32_t start() const { return m_start; }
    /// Bytes that no node tells apart have the same class.
    uint8_t byte_class(uint8_t byte) const { return m_byte_class[byte]; }
    int n_byte_classes() const { return m_n_byte_classes; }

private:
    Grammar() = default;
    void find_byte_classes();

    std::vector<GrammarNode> m_nodes;
    int32_t m_start = 0;
    std::array<uint8_t, 256> m_byte_class{};
    int m_n_byte_classes = 0;
};

} // namespace conclave
