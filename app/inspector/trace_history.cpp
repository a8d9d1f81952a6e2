#include "inspector/trace_history.hpp"

#include "bridge/recorded_text.hpp"

RoutingShape shapeOf(const conclave::TraceHeader& header)
{
    RoutingShape shape;
    shape.modelName = QString::fromStdString(header.model_name);
    shape.nLayers = header.n_layers;
    shape.moeLayers = QList<int>(header.moe_layers.begin(), header.moe_layers.end());
    shape.nExperts = header.n_experts;
    shape.nExpertsUsed = header.n_experts_used;
    shape.nSharedExperts = header.n_shared_experts;
    shape.nGroup = header.n_group;
    shape.topkGroup = header.topk_group;
    shape.routingRule = QString::fromStdString(header.routing_rule);
    shape.routingRuleSource = QString::fromStdString(header.routing_rule_source);
    return shape;
}

std::shared_ptr<RoutingHistory> historyOf(const conclave::Trace& trace, int halfLife)
{
    auto history = std::make_shared<RoutingHistory>(shapeOf(trace.header));
    history->setHalfLife(halfLife);
    RunPrompt prompt;
    for (size_t i = 0; i < trace.prompt.ids.size(); ++i) {
        prompt.ids += trace.prompt.ids[i];
        if (i < trace.prompt.pieces.size())
            prompt.pieces += QByteArray::fromStdString(trace.prompt.pieces[i]);
    }
    history->addPrompt(prompt);

    RunStep step;
    step.nMoeLayers = history->moeLayers();
    step.k = history->shape().nExpertsUsed;
    RecordedText text(trace);
    for (const conclave::TraceToken& token : trace.tokens) {
        if (token.generated) {
            RunToken run;
            run.position = token.position;
            run.id = token.id;
            run.text = QString::fromUtf8(text.next(token));
            run.logprob = token.logprob;
            run.entropy = token.entropy;
            history->addToken(run);
        }
        if (!token.has_routes)
            continue;
        step.prefill = !token.generated;
        step.positions = {token.position};
        step.tokens = {token.id};
        step.ids = token.ids;
        step.weights = token.weights;
        step.margins = token.margins;
        step.groups = token.groups;
        history->addStep(step);
    }
    if (trace.end)
        history->setEngineSum(trace.end->sum_counts);
    return history;
}
