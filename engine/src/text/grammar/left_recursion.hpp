#pragma once

#include "text/grammar/grammar_nodes.hpp"

namespace conclave
{

/// The index of a rule that can reach itself without reading a byte, directly or through others; -1 when none can.
/// Work is linear in the nodes.
int left_recursive_rule(const GrammarNodes& grammar);

} // namespace conclave
