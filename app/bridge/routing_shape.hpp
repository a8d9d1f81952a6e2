#pragma once

#include "bridge/run_events.hpp"

namespace conclave
{
struct ModelInfo;
struct TraceHeader;
} // namespace conclave

/// What the inspector needs to know of a model before its first token.
RoutingShape routingShapeOf(const conclave::ModelInfo& info);
/// The same of the model whose run was recorded.
RoutingShape routingShapeOf(const conclave::TraceHeader& header);
