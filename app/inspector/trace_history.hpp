#pragma once

#include <memory>

#include "conclave/trace.hpp"
#include "inspector/routing_history.hpp"

/// The routing shape a trace was recorded with.
RoutingShape shapeOf(const conclave::TraceHeader& header);

/// Replays a recorded run into a history. Rows of damaged size are counted as rejected. Any thread.
std::shared_ptr<RoutingHistory> historyOf(const conclave::Trace& trace, int halfLife);
