#include "inspector/device_monitor.hpp"

#include <QLocale>
#include <QMetaObject>
#include <bit>
#include <cmath>

#include <algorithm>
#include <bit>
#include <cmath>

using namespace Qt::StringLiterals;

namespace
{

constexpr int kPollMs = 1000;
constexpr int kSecondPollMs = 250; ///< shares need two samples; the first two come close together

QString bytes(uint64_t n)
{
    return QLocale().formattedDataSize(qint64(n), n < (uint64_t(10) << 30) ? 1 : 0, QLocale::DataSizeIecFormat);
}

QString percent(double share)
{
    return QLocale().toString(share * 100, 'f', 0) + u"\u202f%"_s;
}

// "6.1 / 24 GiB": the used part in the unit of the whole, which bytes() chooses by powers of 1,024.
QString usedOf(uint64_t used, uint64_t total)
{
    const int tens = total == 0 ? 0 : (std::bit_width(total) - 1) / 10;
    return QLocale().toString(std::ldexp(double(used), -10 * tens), 'f', 1) + u" / "_s + bytes(total);
}

} // namespace

DeviceMonitor::DeviceMonitor(Sampler sample, QObject* parent) : QAbstractListModel(parent), m_sample(std::move(sample))
{
    m_pool.setMaxThreadCount(1);
    connect(&m_timer, &QTimer::timeout, this, &DeviceMonitor::poll);
}

DeviceMonitor::~DeviceMonitor()
{
    m_pool.waitForDone();
}

void DeviceMonitor::setActive(bool active)
{
    if (active == isActive())
        return;
    if (active) {
        m_timer.start(kSecondPollMs);
        m_firstSample = true;
        poll();
    } else {
        m_timer.stop();
    }
    emit activeChanged();
}

void DeviceMonitor::poll()
{
    if (m_inFlight || !m_sample) // a slow driver makes fewer samples, not a queue of them
        return;
    m_inFlight = true;
    m_pool.start([this] {
        const conclave::DeviceSample sample = m_sample();
        QMetaObject::invokeMethod(this, [this, sample] { show(sample); }, Qt::QueuedConnection);
    });
}

void DeviceMonitor::show(const conclave::DeviceSample& sample)
{
    m_inFlight = false;
    if (!isActive())
        return;
    if (!m_firstSample)
        m_timer.setInterval(kPollMs);
    m_firstSample = false;
    std::vector<Gauge> next = gauges(sample);
    if (next.size() != m_gauges.size()) {
        beginResetModel();
        m_gauges = std::move(next);
        endResetModel();
        emit countChanged();
        return;
    }
    m_gauges = std::move(next);
    emit dataChanged(index(0), index(count() - 1));
}

std::vector<DeviceMonitor::Gauge> DeviceMonitor::gauges(const conclave::DeviceSample& sample)
{
    std::vector<Gauge> result{cpuGauge(sample), memoryGauge(sample), processGauge(sample)};
    for (size_t i = 0; i < sample.gpus.size(); ++i)
        result.push_back(gpuGauge(sample.gpus[i], int(i), sample.gpus.size() == 1));
    if (sample.gpus.empty()) {
        const QString why = QString::fromStdString(sample.gpu_status);
        result.push_back({tr("GPU"), tr("none found"), why.isEmpty() ? tr("No GPU was found.") : why});
    }
    return result;
}

DeviceMonitor::Gauge DeviceMonitor::cpuGauge(const conclave::DeviceSample& sample)
{
    if (!sample.cpu_utilization)
        return {tr("CPU"), tr("measuring"), tr("The share of time the processor was busy needs two readings.")};
    return {tr("CPU"), percent(*sample.cpu_utilization),
            tr("Share of time all processor cores were busy, over the last second."), true,
            std::clamp(*sample.cpu_utilization, 0.0, 1.0)};
}

DeviceMonitor::Gauge DeviceMonitor::memoryGauge(const conclave::DeviceSample& sample)
{
    if (!sample.memory_total_bytes || !sample.memory_available_bytes || *sample.memory_total_bytes == 0)
        return {tr("Memory"), tr("no data"), tr("The system did not say how much memory it has and how much is free.")};
    const uint64_t total = *sample.memory_total_bytes;
    const uint64_t used = total - std::min(total, *sample.memory_available_bytes);
    return {
        tr("Memory"), usedOf(used, total),
        tr("Memory in use by all programs; %1 could still be given out.").arg(bytes(*sample.memory_available_bytes)),
        true, double(used) / double(total)};
}

DeviceMonitor::Gauge DeviceMonitor::processGauge(const conclave::DeviceSample& sample)
{
    if (!sample.process_resident_bytes)
        return {tr("Conclave"), tr("no data"), tr("The system did not say how much memory Conclave uses.")};
    QString detail = tr("Memory that Conclave itself holds.");
    if (sample.process_file_bytes)
        detail += u' ' + tr("%1 of it map files: the model's weights.").arg(bytes(*sample.process_file_bytes));
    if (sample.process_cores)
        detail +=
            u' ' +
            tr("It kept %1 cores busy over the last second.").arg(QLocale().toString(*sample.process_cores, 'f', 1));
    const uint64_t total = sample.memory_total_bytes.value_or(0);
    const double share = total > 0 ? double(*sample.process_resident_bytes) / double(total) : 0;
    return {tr("Conclave"), bytes(*sample.process_resident_bytes), detail, true, std::clamp(share, 0.0, 1.0)};
}

DeviceMonitor::Gauge DeviceMonitor::gpuGauge(const conclave::GpuSample& gpu, int index, bool only)
{
    Gauge gauge{only ? tr("GPU") : tr("GPU %1").arg(index), tr("no data"), QString::fromStdString(gpu.name)};
    if (gpu.utilization) {
        gauge.valueText = percent(*gpu.utilization);
        gauge.known = true;
        gauge.fraction = std::clamp(*gpu.utilization, 0.0, 1.0);
    }
    if (gpu.memory_used_bytes && gpu.memory_total_bytes)
        gauge.detail += u" · "_s + tr("memory %1").arg(usedOf(*gpu.memory_used_bytes, *gpu.memory_total_bytes));
    if (gpu.power_watts)
        gauge.detail += u" · "_s + QLocale().toString(*gpu.power_watts, 'f', 0) + u"\u202fW"_s;
    if (gpu.temperature_celsius)
        gauge.detail += u" · "_s + QLocale().toString(*gpu.temperature_celsius, 'f', 0) + u"\u202f°C"_s;
    return gauge;
}

int DeviceMonitor::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant DeviceMonitor::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Gauge& gauge = m_gauges[size_t(index.row())];
    switch (role) {
    case LabelRole:
        return gauge.label;
    case ValueTextRole:
        return gauge.valueText;
    case KnownRole:
        return gauge.known;
    case FractionRole:
        return gauge.fraction;
    case DetailRole:
        return gauge.detail;
    default:
        return {};
    }
}

QHash<int, QByteArray> DeviceMonitor::roleNames() const
{
    return {{LabelRole, "label"},
            {ValueTextRole, "valueText"},
            {KnownRole, "known"},
            {FractionRole, "fraction"},
            {DetailRole, "detail"}};
}
