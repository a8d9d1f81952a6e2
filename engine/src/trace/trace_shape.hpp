#pragma once

#include "conclave/result.hpp"
#include "conclave/trace.hpp"
#include "trace/trace_layout.hpp"

namespace conclave
{

/// The shape of the routes a header announces. Errors: invalid_argument when no model has it, with the limit.
Result<TraceShape> trace_shape(const TraceHeader& header);

} // namespace conclave
