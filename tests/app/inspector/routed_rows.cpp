#include "routed_rows.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "generate/forward.hpp"
#include "generate/trace_recorder.hpp"
#include "model/model_state.hpp"

namespace
{

/// What a step's expert layers were given, layer after layer. The op table is a C interface without room for a
/// listener, hence a variable; only one test thread computes.
struct Seen {
    decltype(ConclaveOpTable::moe) moe = nullptr;
    std::vector<std::vector<float>> inputs; ///< [n_moe_layers] of [n_rows, hidden]
} seen;

ConclaveStatus lookAndPassOn(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, float* x,
                             const ConclaveRoutes* routes, ConclaveMessage* message)
{
    seen.inputs.emplace_back(x, x + int64_t(n_rows) * weights->hidden);
    return seen.moe(backend, weights, n_rows, x, routes, message);
}

} // namespace

RoutedRows::RoutedRows(std::shared_ptr<const conclave::Model> model, int nContext, int prefillChunk)
    : m_model(std::move(model)), m_prefillChunk(prefillChunk), m_cache([&] {
          auto cache = conclave::KvCache::create(m_model->state()->weights, nContext, {}, false,
                                                 conclave::KvType::f16); // as the app keeps it
          if (!cache)
              throw std::runtime_error(cache.error().message);
          return *std::move(cache);
      }()),
      m_ops(m_model->state()->engine->ops())
{
    const conclave::ModelState& state = *m_model->state();
    if (const auto reserved = state.engine->reserve(conclave::backend_limits(state.weights, prefillChunk, nContext, 1));
        !reserved)
        throw std::runtime_error(reserved.error().message);
    seen.moe = m_ops.moe;
    m_ops.moe = lookAndPassOn;
    for (size_t layer = 0; layer < state.weights.layers.size(); ++layer) {
        if (state.weights.layers[layer].routes())
            m_moeLayers.push_back(layer);
    }
}

const ConclaveMoeWeights& RoutedRows::router(size_t moeLayer) const
{
    return std::get<ConclaveMoeWeights>(m_model->state()->weights.layers[m_moeLayers[moeLayer]].channel_mixer);
}

bool RoutedRows::computeAgain(const conclave::Trace& run, const std::function<void(const RoutedRow&)>& row)
{
    // The rows that the session had before: of the run before, or of a branch that it left.
    const std::span<const int32_t> prompt = run.prompt.ids;
    const auto cached = prompt.first(size_t(run.prompt.n_cached));
    const auto shared = int(std::ranges::mismatch(m_ids, cached).in1 - m_ids.begin());
    m_branches.put(m_ids, shared, m_cache);
    m_cache.truncate(shared);
    m_ids.resize(size_t(shared));
    if (m_branches.take(cached, m_cache) != int(cached.size()))
        return false;
    m_ids.assign(cached.begin(), cached.end());
    while (m_cache.length() < int(prompt.size())) {
        const auto at = size_t(m_cache.length());
        if (!step(prompt.subspan(at, std::min(prompt.size() - at, size_t(m_prefillChunk))), row))
            return false;
    }
    return std::ranges::all_of(run.tokens, [&](const conclave::TraceToken& token) {
        return !token.generated || !token.has_routes || step({&token.id, 1}, row);
    });
}

bool RoutedRows::step(std::span<const int32_t> ids, const std::function<void(const RoutedRow&)>& row)
{
    const conclave::ModelState& state = *m_model->state();
    const auto n = int32_t(ids.size());
    const int first = m_cache.length();
    std::vector<int32_t> sequence(ids.size()), position(ids.size());
    std::generate(position.begin(), position.end(), [at = first]() mutable { return at++; });
    std::vector<float> x(ids.size() * size_t(state.weights.hidden));
    conclave::TraceRecorder recorder = *conclave::TraceRecorder::create(state.info, n, true);
    const ConclaveBatch batch{sizeof batch, n, sequence.data(), position.data(), ids.data()};
    seen.inputs.clear();
    {
        conclave::StepTurn turn(*state.engine);
        if (!conclave::forward(m_ops, turn.backend(), {state.weights, batch, m_cache, conclave_mla_auto, recorder, x}))
            return false;
    }
    m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    conclave::StepTrace trace;
    recorder.describe(trace);
    const size_t layers = moeLayers(), hidden = size_t(state.weights.hidden), k = size_t(trace.k);
    for (size_t i = 0; i < ids.size(); ++i) {
        RoutedRow routed{.position = position[i],
                         .inputs = {},
                         .ids = trace.ids.subspan(i * layers * k, layers * k),
                         .weights = trace.weights.subspan(i * layers * k, layers * k),
                         .margins = trace.margins.subspan(i * layers, layers),
                         .groups = trace.groups.subspan(i * layers, layers),
                         .groupMargins = trace.group_margins.subspan(i * layers, layers)};
        for (const std::vector<float>& layer : seen.inputs)
            routed.inputs.push_back(std::span(layer).subspan(i * hidden, hidden));
        row(routed);
    }
    return true;
}
