#include "generate/forward.hpp"

#include "base/check.hpp"

namespace conclave
{

namespace
{

/// Calls ops and keeps the first refusal with its sentence.
class Ops
{
public:
    Ops(const ConclaveOpTable& table, ConclaveBackend backend) : m_table(table), m_backend(backend) {}

    template <class Op, class... Arguments>
    bool run(Op op, Arguments... arguments)
    {
        ConclaveMessage message{m_text, sizeof m_text};
        m_status = (m_table.*op)(m_backend, arguments..., &message);
        return m_status == conclave_ok;
    }
    Result<void> result() const
    {
        if (m_status != conclave_ok) {
            return backend_error(m_status, m_text);
        }
        return {};
    }

private:
    const ConclaveOpTable& m_table;
    ConclaveBackend m_backend;
    ConclaveStatus m_status = conclave_ok;
    char m_text[256] = "";
};

bool mix_tokens(Ops& ops, const ForwardStep& step, size_t layer)
{
    const ConclaveCacheView cache = step.cache.layer(layer);
    const TokenMixer& mixer = step.weights.layers[layer].token_mixer;
    if (const auto* gqa = std::get_if<ConclaveGqaWeights>(&mixer)) {
        return ops.run(&ConclaveOpTable::attention_gqa, gqa, &step.batch, &cache, step.x.data());
    }
    return ops.run(&ConclaveOpTable::attention_mla, &std::get<ConclaveMlaWeights>(mixer), &step.batch, &cache,
                   step.mla_mode, step.x.data());
}

bool mix_channels(Ops& ops, const ForwardStep& step, const ChannelMixer& mixer)
{
    if (const auto* mlp = std::get_if<ConclaveMlpWeights>(&mixer)) {
        return ops.run(&ConclaveOpTable::mlp, mlp, step.batch.n_rows, step.x.data());
    }
    const ConclaveRoutes routes = step.recorder.next_layer();
    return ops.run(&ConclaveOpTable::moe, &std::get<ConclaveMoeWeights>(mixer), step.batch.n_rows, step.x.data(),
                   &routes);
}

} // namespace

Result<void> forward(const ConclaveOpTable& table, ConclaveBackend backend, const ForwardStep& step)
{
    step.recorder.begin();
    Ops ops(table, backend);
    bool ok = ops.run(&ConclaveOpTable::embed, &step.weights.embedding, &step.batch, step.x.data());
    for (size_t layer = 0; ok && !step.stop.stop_requested() && layer < step.weights.layers.size(); ++layer) {
        ok = mix_tokens(ops, step, layer) && mix_channels(ops, step, step.weights.layers[layer].channel_mixer);
    }
    if (step.stop.stop_requested()) {
        return Error{ErrorCode::cancelled, "the step was stopped"};
    }
    if (ok) {
        step.recorder.finish(step.batch.n_rows);
        step.cache.extend(step.batch.n_rows);
    }
    return ops.result();
}

Result<void> head(const ConclaveOpTable& table, ConclaveBackend backend, const ForwardStep& step,
                  std::span<const int32_t> row_index, std::span<float> logits)
{
    const Weights& w = step.weights;
    CONCLAVE_CHECK(logits.size() == row_index.size() * static_cast<size_t>(w.n_vocab), "a row of logits each");
    Ops ops(table, backend);
    ops.run(&ConclaveOpTable::head, w.output_norm, w.rms_norm_eps, &w.output, w.hidden, step.x.data(), row_index.data(),
            static_cast<int32_t>(row_index.size()), logits.data());
    return ops.result();
}

} // namespace conclave
