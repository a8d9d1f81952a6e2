#include "bridge/engine_worker.hpp"

#include <QCoreApplication>
#include <QDateTime>
#include <QRandomGenerator>

#include <utility>

#include "bridge/fitted_prompt.hpp"
#include "bridge/run_recorder.hpp"
#include "bridge/sentence.hpp"
#include "conclave/engine.hpp"
#include "conclave/session.hpp"
#include "settings/sampler_knobs.hpp"

using namespace Qt::StringLiterals;

struct EngineWorker::Work {
    ModelRun run;
    std::optional<conclave::Session> session;
    QString error; ///< why there is no session
};

namespace
{

conclave::SamplerOptions samplerOptions(const SamplerSettings& settings)
{
    conclave::SamplerOptions options;
    options.temperature = float(settings.temperature);
    options.top_k = settings.topK;
    options.top_p = float(settings.topP);
    options.min_p = float(settings.minP);
    options.repetition_penalty = float(settings.repetitionPenalty);
    options.presence_penalty = float(settings.presencePenalty);
    options.frequency_penalty = float(settings.frequencyPenalty);
    options.repetition_window = int(settings.repetitionWindow);
    options.dynatemp_range = float(settings.dynamicRange);
    options.typical_p = float(settings.typicalP);
    options.top_n_sigma = float(settings.topNSigma);
    options.xtc_probability = float(settings.xtcProbability);
    options.xtc_threshold = float(settings.xtcThreshold);
    options.dry_multiplier = float(settings.dryMultiplier);
    options.dry_base = float(settings.dryBase);
    options.dry_allowed_length = int(settings.dryAllowedLength);
    options.mirostat = int(settings.mirostat);
    options.mirostat_tau = float(settings.mirostatTau);
    options.mirostat_eta = float(settings.mirostatEta);
    // Drawn here, so that the trace's header has it.
    options.seed = settings.seed ? *settings.seed : QRandomGenerator::global()->generate64();
    return options;
}

/// Every knob that is not at its default, as "name=value" with blanks between.
std::string chosenSamplers(const SamplerSettings& settings)
{
    QStringList chosen;
    for (const SamplerKnob& knob : samplerKnobs()) {
        if (settings.*knob.field != SamplerSettings{}.*knob.field)
            chosen << QString::fromLatin1(knob.key) + u'=' + QString::number(settings.*knob.field);
    }
    return chosen.join(u' ').toStdString();
}

conclave::TraceHeader traceHeader(const conclave::ModelInfo& info, const conclave::SamplerOptions& sampler,
                                  const std::string& kernels)
{
    conclave::TraceHeader header;
    header.model_name = info.name;
    header.architecture = info.architecture;
    header.file_hash = info.file_hash;
    header.quant = info.quant.empty() ? std::string() : info.quant.front().first;
    header.kernels = kernels;
    header.routing_rule = info.routing_rule;
    header.routing_rule_source = info.routing_rule_source;
    header.app_version = QCoreApplication::applicationVersion().toStdString();
    header.moe_layers.assign(info.moe_layers.begin(), info.moe_layers.end());
    header.n_layers = info.n_layers;
    header.n_experts = info.n_experts;
    header.n_experts_used = info.n_experts_used;
    header.n_shared_experts = info.n_shared_experts;
    header.n_group = info.n_group;
    header.topk_group = info.topk_group;
    header.n_vocab = info.n_vocab;
    header.temperature = sampler.temperature;
    header.top_k = sampler.top_k;
    header.top_p = sampler.top_p;
    header.min_p = sampler.min_p;
    header.repetition_penalty = sampler.repetition_penalty;
    header.seed = sampler.seed.value_or(0);
    header.unix_ms = QDateTime::currentMSecsSinceEpoch();
    return header;
}

QString stopName(conclave::StopReason reason)
{
    switch (reason) {
    case conclave::StopReason::end_of_text:
        return u"end_of_text"_s;
    case conclave::StopReason::max_tokens:
        return u"max_tokens"_s;
    case conclave::StopReason::context_full:
        return u"context_full"_s;
    case conclave::StopReason::stop_string:
        return u"stop_string"_s;
    case conclave::StopReason::stopped:
        break;
    }
    return u"stopped"_s;
}

RunFinished runFinished(const conclave::Stats& stats)
{
    return {.stop = stopName(stats.stop),
            .nPrompt = stats.n_prompt,
            .nCached = stats.n_cached,
            .nGenerated = stats.n_generated,
            .ttftMs = stats.ttft_ms,
            .prefillTps = stats.prefill_tps,
            .decodeTps = stats.decode_tps,
            .seed = stats.seed,
            .sumCounts = stats.sum_counts};
}

conclave::TraceEnd traceEnd(const conclave::Stats& stats)
{
    return {.stop = stopName(stats.stop).toStdString(),
            .n_prompt = stats.n_prompt,
            .n_cached = stats.n_cached,
            .n_generated = stats.n_generated,
            .ttft_ms = stats.ttft_ms,
            .prefill_tps = stats.prefill_tps,
            .decode_tps = stats.decode_tps,
            .sum_counts = stats.sum_counts};
}

} // namespace

EngineWorker::EngineWorker(TraceRecording::Sampler sampler, QObject* parent)
    : ChatBackend(parent), m_sampler(std::move(sampler))
{
    connect(&m_queue, &EventQueue::ready, this, &ChatBackend::eventsReady);
}

EngineWorker::~EngineWorker()
{
    join();
}

void EngineWorker::launch()
{
    m_thread = std::jthread([this](std::stop_token stop) { work(std::move(stop)); });
}

void EngineWorker::join()
{
    if (!m_thread.joinable())
        return;
    stop();
    m_thread.request_stop();
    m_thread.join();
}

void EngineWorker::setModel(const ModelRun& model)
{
    {
        const std::scoped_lock lock(m_mutex);
        m_newModel = model;
    }
    m_wake.notify_one();
}

void EngineWorker::start(const RunRequest& request)
{
    {
        const std::scoped_lock lock(m_mutex);
        m_request = request;
        m_stopRun = std::stop_source();
    }
    m_wake.notify_one();
}

void EngineWorker::stop()
{
    const std::scoped_lock lock(m_mutex);
    m_stopRun.request_stop();
}

// The engine's thread

void EngineWorker::work(std::stop_token stop)
{
    Work work;
    for (;;) {
        std::optional<RunRequest> request;
        std::optional<ModelRun> newModel;
        std::stop_token stopRun;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return m_request || m_newModel; }))
                return;
            request = std::exchange(m_request, std::nullopt);
            newModel = std::exchange(m_newModel, std::nullopt);
            stopRun = m_stopRun.get_token();
        }
        if (newModel) {
            work.session.reset(); // its cache goes before the next one's comes
            work.run = *std::move(newModel);
            auto session =
                conclave::Session::create(work.run.model, {.n_ctx = work.run.contextLength, .kv = work.run.kvType});
            work.error = session ? QString() : sentenceOf(session.error());
            if (session)
                work.session = *std::move(session);
            emit sessionMade(work.error);
        }
        if (request)
            run(work, *request, stopRun);
    }
}

void EngineWorker::run(Work& work, const RunRequest& request, const std::stop_token& stop)
{
    if (!work.session)
        return fail(request.runId, work.run.model ? work.error : tr("No model is open; open one with Ctrl+O."));
    const conclave::Model& model = *work.run.model;
    const int nContext = work.session->n_ctx();
    auto fitted = fitChat(model, request, nContext);
    if (!fitted)
        return fail(request.runId, sentenceOf(fitted.error()));
    conclave::RenderedPrompt* const rendered = &fitted->prompt;
    const int nPrompt = int(rendered->ids.size());
    if (const int nOldest = mayLeaveOut(model, request, nPrompt, nContext); nOldest > 0) {
        m_queue.push({request.runId, RunOutgrown{.nPrompt = nPrompt,
                                                 .nContext = nContext,
                                                 .nOldest = nOldest,
                                                 .sentence = noRoom(nPrompt, nContext)}});
        return;
    }

    conclave::TracePrompt prompt{.messages = request.messages, .ids = rendered->ids, .pieces = {}, .n_cached = 0};
    const auto dropped = prompt.messages.begin() + fitted->first_dropped;
    prompt.messages.erase(dropped, dropped + fitted->n_dropped);
    RunPrompt shown{.opensThinking = rendered->opens_thinking, .nDropped = fitted->n_dropped};
    for (const int32_t id : rendered->ids) {
        prompt.pieces.push_back(model.token_bytes(id));
        shown.ids << id;
        shown.pieces << QByteArray::fromStdString(prompt.pieces.back());
    }
    m_queue.push({request.runId, std::move(shown)});
    if (nPrompt >= nContext)
        return fail(request.runId, noRoom(nPrompt, nContext));

    conclave::GenerateRequest generate{.prompt_ids = std::move(rendered->ids),
                                       .sampler = samplerOptions(request.sampler),
                                       .max_tokens = request.sampler.maxTokens};
    conclave::TraceHeader header = traceHeader(model.info(), generate.sampler, work.run.kernels);
    header.samplers = chosenSamplers(request.sampler);
    header.kv = kv_type_name(work.run.kvType);
    TraceRecording trace(request.tracePath, header, std::move(prompt), m_sampler);
    RunRecorder recorder(request.runId, model, m_queue, trace);
    const conclave::Result<conclave::Stats> stats = work.session->generate(generate, recorder, stop);
    if (!stats) {
        work.session->clear(); // what a failed step left is not to be built on
        return fail(request.runId, sentenceOf(stats.error()));
    }
    trace.end(traceEnd(*stats));
    m_queue.push({request.runId, runFinished(*stats)});
}

void EngineWorker::fail(quint64 runId, const QString& sentence)
{
    m_queue.push({runId, RunFailed{sentence}});
}
