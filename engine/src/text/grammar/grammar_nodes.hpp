#pragma once

#include <cstdint>
#include <vector>

#include "conclave/result.hpp"
#include "text/grammar/gbnf.hpp"
#include "text/grammar/grammar.hpp"

namespace conclave
{

struct GrammarNodes {
    std::vector<GrammarNode> nodes;
    std::vector<int32_t> starts; ///< of each rule
};

/// Lays rules out as nodes, counted repetitions as copies. Errors: unsupported when that comes to more than
/// Grammar::max_nodes.
Result<GrammarNodes> make_nodes(const Gbnf& gbnf);

} // namespace conclave
