#include "generate/forward.hpp"

#include <chrono>

namespace conclave
{

namespace
{

/// Adds the time of a scope to its stage.
class StageTimer
{
public:
    StageTimer(PerStage* stages, Stage stage) : m_ns(stages ? &(*stages)[static_cast<size_t>(stage)] : nullptr) {}
    ~StageTimer()
    {
        if (m_ns) {
            *m_ns += std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - m_begin).count();
        }
    }
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    using Clock = std::chrono::steady_clock;

    int64_t* m_ns;
    Clock::time_point m_begin = Clock::now();
};

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
    /// Of a backend with a device; nothing otherwise.
    template <class Entry, class... Arguments>
    bool on_device(Entry entry, Arguments... arguments)
    {
        ConclaveMessage message{m_text, sizeof m_text};
        m_status = m_table.device ? (m_table.device->*entry)(m_backend, arguments..., &message) : conclave_ok;
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

bool embed(Ops& ops, const ForwardStep& step)
{
    const StageTimer timer(step.stage_ns, Stage::embed);
    return ops.run(&ConclaveOpTable::embed, &step.weights.embedding, &step.batch, step.x.data());
}

bool mix_tokens(Ops& ops, const ForwardStep& step, const TokenMixer& mixer, const ConclaveCacheView& cache)
{
    if (const auto* gqa = std::get_if<ConclaveGqaWeights>(&mixer)) {
        const StageTimer timer(step.stage_ns, Stage::attention_gqa);
        return ops.run(&ConclaveOpTable::attention_gqa, gqa, &step.batch, &cache, step.x.data());
    }
    const StageTimer timer(step.stage_ns, Stage::attention_mla);
    return ops.run(&ConclaveOpTable::attention_mla, &std::get<ConclaveMlaWeights>(mixer), &step.batch, &cache,
                   step.mla_mode, step.x.data());
}

bool mix_channels(Ops& ops, const ForwardStep& step, const ChannelMixer& mixer)
{
    if (const auto* mlp = std::get_if<ConclaveMlpWeights>(&mixer)) {
        const StageTimer timer(step.stage_ns, Stage::mlp);
        return ops.run(&ConclaveOpTable::mlp, mlp, step.batch.n_rows, step.x.data());
    }
    const StageTimer timer(step.stage_ns, Stage::moe);
    const ConclaveRoutes routes = step.recorder.next_layer();
    return ops.run(&ConclaveOpTable::moe, &std::get<ConclaveMoeWeights>(mixer), step.batch.n_rows, step.x.data(),
                   &routes);
}

bool project(Ops& ops, const ForwardStep& step, const float* norm, const ConclaveMatrix& output)
{
    const Weights& w = step.weights;
    const StageTimer timer(step.stage_ns, Stage::head);
    return ops.run(&ConclaveOpTable::head, norm, w.rms_norm_eps, &output, w.hidden, step.x.data(),
                   step.logits_of.data(), static_cast<int32_t>(step.logits_of.size()), step.logits->there<float>());
}

/// All ops of the step, as far as no stop cuts it short; false when one refused.
bool compute(Ops& ops, const ForwardStep& step)
{
    bool ok = embed(ops, step);
    for (size_t layer = 0; ok && !step.stop.stop_requested() && layer < step.weights.layers.size(); ++layer) {
        const Layer& weights = step.weights.layers[layer];
        ok = mix_tokens(ops, step, weights.token_mixer, step.cache.layer(layer)) &&
             mix_channels(ops, step, weights.channel_mixer);
        if (step.after_layer) {
            step.after_layer(layer + 1);
        }
    }
    if (ok && !step.logits_of.empty() && !step.stop.stop_requested()) {
        ok = project(ops, step, step.weights.output_norm, step.weights.output);
    }
    return ok;
}

/// Waits for what the step computed, with its logits and, of a whole step, its routes.
Result<void> bring_home(Ops& ops, const ForwardStep& step, bool with_routes)
{
    if (with_routes) {
        if (auto routes = step.recorder.fetch(); !routes) {
            return routes;
        }
    }
    if (!step.logits_of.empty()) {
        const uint64_t n_logits = step.logits_of.size() * static_cast<uint64_t>(step.weights.n_vocab);
        if (auto logits = step.logits->fetch(n_logits * sizeof(float)); !logits) {
            return logits;
        }
    }
    ops.on_device(&ConclaveDeviceTable::synchronize);
    return ops.result();
}

} // namespace

Result<void> forward(const ConclaveOpTable& table, ConclaveBackend backend, const ForwardStep& step)
{
    step.recorder.begin(step.batch.n_rows);
    Ops ops(table, backend);
    int32_t recorded = 0;
    if (!ops.on_device(&ConclaveDeviceTable::begin_step, &step.batch, step.key, &recorded)) {
        return ops.result();
    }
    if (recorded) {
        step.recorder.replay();
    } else {
        compute(ops, step);
    }
    const Result<void> computed = ops.result();
    ops.on_device(&ConclaveDeviceTable::end_step, computed && !step.stop.stop_requested() ? 1 : 0);
    if (!computed) {
        return computed;
    }
    if (auto ended = ops.result(); !ended) {
        return ended;
    }
    if (auto home = bring_home(ops, step, true); !home) {
        return home;
    }
    if (step.stop.stop_requested()) { // perhaps in the middle of it
        return Error{ErrorCode::cancelled, "the step was stopped"};
    }
    step.recorder.finish();
    step.cache.extend(step.batch.n_rows);
    return {};
}

Result<void> forward_mtp(const ConclaveOpTable& table, ConclaveBackend backend, const ForwardStep& step)
{
    const MtpBlock& mtp = step.weights.mtp.value();
    step.recorder.begin(step.batch.n_rows);
    Ops ops(table, backend);
    const bool done = ops.run(&ConclaveOpTable::mtp_mix, &mtp.mix, &step.batch, step.x.data()) &&
                      mix_tokens(ops, step, mtp.layer.token_mixer, step.cache.layer(step.weights.layers.size())) &&
                      mix_channels(ops, step, mtp.layer.channel_mixer);
    if (done && !step.logits_of.empty()) {
        project(ops, step, mtp.shared_head_norm, mtp.shared_head);
    }
    if (ops.result() && step.stop.stop_requested()) { // threads may have left an op in the middle
        return Error{ErrorCode::cancelled, "the step was stopped"};
    }
    return ops.result();
}

Result<void> head(const ConclaveOpTable& table, ConclaveBackend backend, const ForwardStep& step)
{
    Ops ops(table, backend);
    if (!project(ops, step, step.weights.output_norm, step.weights.output)) {
        return ops.result();
    }
    return bring_home(ops, step, false);
}

} // namespace conclave
