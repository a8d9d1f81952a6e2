#include "bridge/routing_shape.hpp"

#include "conclave/model.hpp"
#include "conclave/trace.hpp"

namespace
{

// Both spell these fields alike.
template <class Source>
RoutingShape shapeOf(const Source& source)
{
    return {.nLayers = source.n_layers,
            .moeLayers = QList<int>(source.moe_layers.begin(), source.moe_layers.end()),
            .nExperts = source.n_experts,
            .nExpertsUsed = source.n_experts_used,
            .nSharedExperts = source.n_shared_experts,
            .nGroup = source.n_group,
            .topkGroup = source.topk_group,
            .routingRule = QString::fromStdString(source.routing_rule),
            .routingRuleSource = QString::fromStdString(source.routing_rule_source)};
}

} // namespace

RoutingShape routingShapeOf(const conclave::ModelInfo& info)
{
    RoutingShape shape = shapeOf(info);
    shape.modelName = QString::fromStdString(info.name);
    return shape;
}

RoutingShape routingShapeOf(const conclave::TraceHeader& header)
{
    RoutingShape shape = shapeOf(header);
    shape.modelName = QString::fromStdString(header.model_name);
    return shape;
}
