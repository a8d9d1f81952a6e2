#pragma once

#include <minja/minja.hpp>

namespace conclave
{

/// The functions that template_operators.hpp writes operators as, with the results and the errors of Python, and a
/// bound on what a repeated text or list may hold.
void add_python_operators(minja::Value& values);

} // namespace conclave
