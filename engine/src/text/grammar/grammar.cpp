#include "text/grammar/grammar.hpp"

#include <bitset>
#include <string>

#include "text/grammar/gbnf.hpp"
#include "text/grammar/grammar_nodes.hpp"
#include "text/grammar/left_recursion.hpp"

namespace conclave
{

Result<Grammar> Grammar::parse(std::string_view gbnf)
{
    const auto read = Gbnf::parse(gbnf);
    if (!read) {
        return read.error();
    }
    auto made = make_nodes(*read);
    if (!made) {
        return made.error();
    }
    if (const int rule = left_recursive_rule(*made); rule >= 0) {
        return Error{
            ErrorCode::unsupported,
            "the grammar's rule '" + read->rules[static_cast<size_t>(rule)].name.substr(0, 80) +
                "' calls itself before it reads anything (left recursion); write the repetition with * or +, or "
                "put what it reads first"};
    }
    Grammar grammar;
    grammar.m_start = made->starts[read->root];
    grammar.m_nodes = std::move(made->nodes);
    grammar.find_byte_classes();
    return grammar;
}

void Grammar::find_byte_classes()
{
    std::bitset<257> begins; // of a class
    for (const GrammarNode& node : m_nodes) {
        if (node.kind == GrammarNode::byte) {
            begins.set(node.first);
            begins.set(node.last + size_t{1});
        }
    }
    uint8_t current = 0;
    for (size_t byte = 0; byte < 256; ++byte) {
        current = static_cast<uint8_t>(current + (byte > 0 && begins[byte] ? 1 : 0));
        m_byte_class[byte] = current;
    }
    m_n_byte_classes = current + 1;
}

} // namespace conclave
