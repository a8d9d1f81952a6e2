#include "inspector/device_monitor.hpp"

#include <QSignalSpy>
#include <QThread>

#include "inspector_tests.hpp"

#include <atomic>

namespace
{

QString value(const DeviceMonitor& monitor, int row, int role = DeviceMonitor::ValueTextRole)
{
    return monitor.index(row).data(role).toString();
}

} // namespace

void DeviceMonitorTest::absentIsSaid()
{
    DeviceMonitor monitor([] {
        conclave::DeviceSample sample;
        sample.gpu_status = "no NVIDIA driver found";
        return sample;
    });
    monitor.setActive(true);
    QTRY_COMPARE(monitor.count(), 4);
    for (int row = 0; row < 4; ++row) {
        QVERIFY(!monitor.index(row).data(DeviceMonitor::KnownRole).toBool());
        QVERIFY(!value(monitor, row).contains(u'0')); // absent is never shown as zero
        QVERIFY(!value(monitor, row, DeviceMonitor::DetailRole).isEmpty());
    }
    QCOMPARE(value(monitor, 0), QStringLiteral("measuring"));
    QCOMPARE(value(monitor, 1), QStringLiteral("no data"));
    QCOMPARE(value(monitor, 3), QStringLiteral("none found"));
    QCOMPARE(value(monitor, 3, DeviceMonitor::DetailRole), QStringLiteral("no NVIDIA driver found"));
}

void DeviceMonitorTest::usedMemoryHasTheUnitOfTheWhole()
{
    DeviceMonitor monitor([] {
        conclave::DeviceSample sample;
        sample.memory_total_bytes = uint64_t(24) << 30;
        sample.memory_available_bytes = (uint64_t(24) << 30) - (uint64_t(512) << 20);
        return sample;
    });
    monitor.setActive(true);
    QTRY_COMPARE(monitor.count(), 4);
    QCOMPARE(value(monitor, 1), QStringLiteral("0.5 / 24 GiB"));
}

void DeviceMonitorTest::presentHasUnits()
{
    DeviceMonitor monitor([] {
        conclave::DeviceSample sample;
        sample.cpu_utilization = 0.86;
        sample.memory_total_bytes = uint64_t(24) << 30;
        sample.memory_available_bytes = uint64_t(18) << 30;
        sample.process_resident_bytes = uint64_t(512) << 20;
        sample.process_file_bytes = uint64_t(20) << 20;
        sample.process_cores = 1.9;
        conclave::GpuSample gpu;
        gpu.name = "GPU A";
        gpu.utilization = 0.4;
        gpu.power_watts = 71.2;
        sample.gpus = {gpu, conclave::GpuSample{}};
        return sample;
    });
    monitor.setActive(true);
    QTRY_COMPARE(monitor.count(), 5);
    QCOMPARE(value(monitor, 0), QStringLiteral("86\u202f%"));
    QCOMPARE(value(monitor, 1), QStringLiteral("6.0 / 24 GiB"));
    QCOMPARE(monitor.index(1).data(DeviceMonitor::FractionRole).toDouble(), 0.25);
    QCOMPARE(value(monitor, 2), QStringLiteral("512.0 MiB"));
    QVERIFY(value(monitor, 2, DeviceMonitor::DetailRole).contains(QStringLiteral("1.9 cores")));
    QCOMPARE(value(monitor, 3, DeviceMonitor::LabelRole), QStringLiteral("GPU 0"));
    QCOMPARE(value(monitor, 3), QStringLiteral("40\u202f%"));
    QVERIFY(value(monitor, 3, DeviceMonitor::DetailRole).contains(QStringLiteral("71\u202fW")));
    QCOMPARE(value(monitor, 4), QStringLiteral("no data"));
}

void DeviceMonitorTest::pollsOnlyWhileActive()
{
    std::atomic<int> polls = 0;
    const QThread* const gui = QThread::currentThread();
    std::atomic<bool> onGui = false;
    DeviceMonitor monitor([&] {
        ++polls;
        onGui = onGui || QThread::currentThread() == gui;
        return conclave::DeviceSample{};
    });
    QTest::qWait(50);
    QCOMPARE(polls.load(), 0);
    monitor.setActive(true);
    QTRY_VERIFY(polls >= 2); // two readings close together, then one a second
    QVERIFY(!onGui);
    monitor.setActive(false);
    QTest::qWait(50);
    const int before = polls;
    QTest::qWait(400);
    QCOMPARE(polls.load(), before);
}
