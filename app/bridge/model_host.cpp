#include "bridge/model_host.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <filesystem>

#include "bridge/routing_shape.hpp"
#include "conclave/engine.hpp"
#include "conclave/model.hpp"

using namespace Qt::StringLiterals;

namespace
{

// More is a gigabyte of cache for large models; a setting when somebody needs it.
constexpr int longestContext = 4096;

struct Text {
    Q_DECLARE_TR_FUNCTIONS(ModelHost)
};

QString count(quint64 n)
{
    const QLocale locale;
    if (n >= 1'000'000'000)
        return Text::tr("%1 B", "billions of parameters")
            .arg(locale.toString(double(n) / 1e9, 'f', n >= 100'000'000'000 ? 0 : 1));
    return Text::tr("%1 M", "millions of parameters")
        .arg(locale.toString(double(n) / 1e6, 'f', n >= 100'000'000 ? 0 : 1));
}

QString describe(const conclave::ModelInfo& info)
{
    QStringList parts;
    parts << (info.n_params_active < info.n_params
                  ? Text::tr("%1 parameters, %2 active").arg(count(info.n_params), count(info.n_params_active))
                  : Text::tr("%1 parameters").arg(count(info.n_params)));
    if (info.n_experts > 0)
        parts << Text::tr("%1 of %2 experts").arg(info.n_experts_used).arg(info.n_experts);
    if (!info.quant.empty())
        parts << QString::fromStdString(info.quant.front().first).toUpper();
    parts << QLocale().formattedDataSize(qint64(info.file_bytes), 1, QLocale::DataSizeSIFormat);
    return parts.join(u" · "_s);
}

} // namespace

ModelHost::ModelHost(const conclave::Engine& engine, QObject* parent) : QObject(parent), m_engine(engine)
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

void ModelHost::openPath(const QString& path)
{
    m_stop.request_stop();
    m_stop = std::stop_source();
    m_loading = std::make_shared<Progress>();
    m_loadingName = QFileInfo(QDir::cleanPath(path)).fileName(); // a folder may end in a slash
    m_pool.start([this, ticket = ++m_ticket, path, stop = m_stop.get_token(), progress = m_loading] {
        Opened result = conclave::Model::open(
            m_engine, std::filesystem::path(path.toStdU16String()),
            [&progress](uint64_t done, uint64_t total) {
                progress->total = total;
                progress->done = done;
            },
            stop);
        QMetaObject::invokeMethod(
            this, [this, ticket, path, result = std::move(result)] { opened(ticket, path, result); },
            Qt::QueuedConnection);
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
    setState(m_model ? Ready : NoModel);
}

void ModelHost::opened(quint64 ticket, const QString& path, const Opened& result)
{
    if (ticket != m_ticket)
        return;
    if (!result) {
        setState(Failed, QString::fromStdString(result.error().message));
        return;
    }
    m_model = *result;
    const conclave::ModelInfo& info = m_model->info();
    m_shape = routingShapeOf(info);
    if (m_shape.modelName.isEmpty())
        m_shape.modelName = QFileInfo(path).completeBaseName();
    m_description = describe(info);
    m_contextLength = std::min(info.context_length, longestContext);
    m_builtIn = QFileInfo(path) == QFileInfo(builtInModelPath());
    emit shapeChanged(m_shape);
    setState(Ready);
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
