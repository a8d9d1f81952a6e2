#include "bridge/model_host.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "bridge/model_texts.hpp"
#include "bridge/routing_shape.hpp"
#include "bridge/sentence.hpp"
#include "conclave/engine.hpp"
#include "conclave/model.hpp"

using namespace Qt::StringLiterals;

namespace
{

conclave::KvType kvTypeOf(const ModelSettings& settings)
{
    using conclave::KvType;
    if (settings.device != "cpu"_L1)
        return KvType::f32; // the only one that GPUs have
    for (const KvType type : {KvType::f32, KvType::bf16, KvType::q8_0}) {
        if (settings.kvType.toStdString() == kv_type_name(type))
            return type;
    }
    return KvType::f16;
}

} // namespace

ModelHost::ModelHost(conclave::Engine engine, Sampler sampler, QObject* parent)
    : QObject(parent), m_engine(std::move(engine)), m_sampler(std::move(sampler))
{
    m_pool.setMaxThreadCount(1);
    m_progressTimer.setInterval(50);
    connect(&m_progressTimer, &QTimer::timeout, this, &ModelHost::showProgress);
}

ModelHost::~ModelHost()
{
    m_stop.request_stop();
    m_pool.waitForDone();
}

QString ModelHost::builtInModelPath()
{
    const QDir program(QCoreApplication::applicationDirPath());
    for (const QString& place : {u"../share/conclave/models/guide-ds.gguf"_s, u"models/guide-ds.gguf"_s}) {
        if (program.exists(place))
            return QDir::cleanPath(program.filePath(place));
    }
    return {};
}

int ModelHost::longestContext() const
{
    return model() ? model()->info().context_length : 0;
}

void ModelHost::setSettings(const ModelSettings& settings)
{
    const ModelSettings before = std::exchange(m_settings, settings);
    if (settings.device != before.device && !m_path.isEmpty())
        openPath(m_path);
    else if (model() && (settings.contextLength != before.contextLength || settings.kvType != before.kvType))
        planRun(m_run.kernels, m_memory);
}

void ModelHost::openPath(const QString& path)
{
    m_path = path;
    m_stop.request_stop();
    m_stop = std::stop_source();
    m_loading = std::make_shared<Progress>();
    m_loadingName = QFileInfo(QDir::cleanPath(path)).fileName(); // a folder may end in a slash
    m_pool.start(
        [this, ticket = ++m_ticket, device = m_settings.device, path, stop = m_stop.get_token(), progress = m_loading] {
            Opened result = openOn(device, path, *progress, stop);
            QMetaObject::invokeMethod(
                this, [this, ticket, result = std::move(result)] { opened(ticket, result); }, Qt::QueuedConnection);
        });
    setState(Loading);
    showProgress();
    m_progressTimer.start();
}

void ModelHost::cancel()
{
    if (m_state != Loading && m_state != Failed)
        return;
    ++m_ticket;
    m_stop.request_stop();
    m_path = m_runPath;
    setState(model() ? Ready : NoModel);
}

// On the worker.
ModelHost::Opened ModelHost::openOn(const QString& device, const QString& path, Progress& progress,
                                    const std::stop_token& stop)
{
    if (device == "cpu"_L1) {
        m_deviceEngine.reset();
    } else if (!m_deviceEngine || m_deviceEngine->kernels() != device.toStdString()) {
        conclave::EngineOptions options;
        options.device = device.toStdString();
        options.program_folder = QCoreApplication::applicationDirPath().toStdU16String();
        auto engine = conclave::Engine::create(options);
        if (!engine)
            return {engine.error(), {}, {}};
        m_deviceEngine = *std::move(engine);
    }
    const conclave::Engine& engine = m_deviceEngine ? *m_deviceEngine : m_engine;
    Opened opened{conclave::Model::open(
                      engine, std::filesystem::path(path.toStdU16String()),
                      [&progress](uint64_t done, uint64_t total) {
                          progress.total = total;
                          progress.done = done;
                      },
                      stop),
                  engine.kernels(), std::nullopt};
    if (!m_deviceEngine) {
        if (m_sampler)
            opened.memory = m_sampler().memory_total_bytes;
        return opened;
    }
    for (const auto& each : conclave::compute_devices(QCoreApplication::applicationDirPath().toStdU16String()).cuda) {
        if (each.name == opened.kernels)
            opened.memory = each.total_bytes;
    }
    return opened;
}

void ModelHost::opened(quint64 ticket, const Opened& opened)
{
    if (ticket != m_ticket)
        return;
    if (!opened.model) {
        setState(Failed, sentenceOf(opened.model.error()));
        return;
    }
    m_run.model = *opened.model;
    m_runPath = m_path;
    m_shape = routingShapeOf(m_run.model->info());
    if (m_shape.modelName.isEmpty())
        m_shape.modelName = QFileInfo(m_path).completeBaseName();
    m_description = modelDescription(m_run.model->info());
    m_builtIn = QFileInfo(m_path) == QFileInfo(builtInModelPath());
    emit shapeChanged(m_shape);
    m_state = Ready;
    planRun(opened.kernels, opened.memory);
}

void ModelHost::planRun(const std::string& kernels, std::optional<uint64_t> memory)
{
    const int most = m_run.model->info().context_length;
    m_run.contextLength = std::min(most, m_settings.contextLength);
    m_run.kvType = kvTypeOf(m_settings);
    m_run.kernels = kernels;
    m_memory = memory;
    const conclave::MemoryPlan plan = m_run.model->plan(m_run.contextLength, 0, m_run.kvType);
    m_memoryText = memorySentence(plan, m_run.contextLength, memory);
    m_memoryShort = memory && plan.total_bytes > *memory;
    emit runChanged(m_run);
    setState(m_state, m_errorText);
}

void ModelHost::setSessionError(const QString& sentence)
{
    m_sessionError = sentence;
    emit stateChanged();
}

void ModelHost::describeRecorded(const RoutingShape& shape)
{
    m_shape = shape;
    m_description = tr("Recorded run");
    emit shapeChanged(m_shape);
    emit stateChanged();
}

void ModelHost::showProgress()
{
    if (!m_loading)
        return;
    const quint64 total = m_loading->total, done = std::min(m_loading->done.load(), total);
    m_progress = total > 0 ? double(done) / double(total) : 0;
    const auto size = [](quint64 bytes) {
        return QLocale().formattedDataSize(qint64(bytes), 1, QLocale::DataSizeSIFormat);
    };
    m_progressText = total > 0 ? tr("Opening %1: %2 of %3").arg(m_loadingName, size(done), size(total))
                               : tr("Opening %1").arg(m_loadingName);
    emit progressChanged();
}

void ModelHost::setState(State state, const QString& error)
{
    m_state = state;
    m_errorText = error;
    if (state != Loading) {
        m_progressTimer.stop();
        m_loading.reset();
    }
    emit stateChanged();
}
