#pragma once

#include <QAbstractListModel>
#include <QThreadPool>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

#include <functional>
#include <vector>

#include "conclave/device.hpp"

/// What this machine is doing, one row a gauge: processor, memory, this program, each GPU. Reads once a second on a
/// worker thread while `active`, never otherwise. A value that was not measured is said to be absent, with the reason.
/// GUI thread; `sample` is called on the worker, one call at a time.
class DeviceMonitor : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
public:
    using Sampler = std::function<conclave::DeviceSample()>;
    enum Role {
        LabelRole = Qt::UserRole + 1,
        ValueTextRole,
        KnownRole,    ///< false: valueText says "none found", "no data" or "measuring"
        FractionRole, ///< 0 to 1; meaningless unless known
        DetailRole,   ///< one sentence more
    };

    explicit DeviceMonitor(Sampler sample, QObject* parent = nullptr);
    ~DeviceMonitor() override;

    bool isActive() const { return m_timer.isActive(); }
    void setActive(bool active);
    int count() const { return int(m_gauges.size()); }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void activeChanged();
    void countChanged();

private:
    struct Gauge {
        QString label, valueText, detail;
        bool known = false;
        double fraction = 0;
    };

    void poll();
    void show(const conclave::DeviceSample& sample);
    static std::vector<Gauge> gauges(const conclave::DeviceSample& sample);
    static Gauge cpuGauge(const conclave::DeviceSample& sample);
    static Gauge memoryGauge(const conclave::DeviceSample& sample);
    static Gauge processGauge(const conclave::DeviceSample& sample);
    static Gauge gpuGauge(const conclave::GpuSample& gpu, int index, bool only);

    Sampler m_sample;
    std::vector<Gauge> m_gauges;
    bool m_inFlight = false, m_firstSample = true;
    QTimer m_timer;
    QThreadPool m_pool; ///< last: its thread ends before the members it reports to
};
