#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

#include "system/device_sampler.hpp"
#include "system/process_clock.hpp"

class TestDeviceSampler : public QObject
{
    Q_OBJECT
private slots:
    void readersShareOneReadingASecond()
    {
        std::atomic<int> readings = 0;
        DeviceSampler sampler([&] {
            return conclave::DeviceSample{.t_ns = ++readings,
                                          .cpu_utilization = {},
                                          .process_cores = {},
                                          .memory_total_bytes = {},
                                          .memory_available_bytes = {},
                                          .process_resident_bytes = {},
                                          .process_file_bytes = {},
                                          .major_faults = {},
                                          .gpu_status = {},
                                          .gpus = {}};
        });
        {
            std::vector<std::jthread> readers;
            for (int i = 0; i < 4; ++i)
                readers.emplace_back([&] {
                    for (int n = 0; n < 100; ++n)
                        sampler.sample();
                });
        }
        QVERIFY2(readings <= 2, qPrintable(QString::number(readings)));
        const int before = readings;
        QTest::qWait(1000);
        QCOMPARE(sampler.sample().t_ns, before + 1);
    }

    void theProcessIsOlderThanItsClock()
    {
        const ProcessClock clock;
        const double first = clock.elapsedMs();
        QVERIFY2(first >= 0 && first < 60'000, qPrintable(QString::number(first)));
        QTest::qWait(30);
        QVERIFY(clock.elapsedMs() - first >= 29);
    }
};

QTEST_GUILESS_MAIN(TestDeviceSampler)
#include "tst_device_sampler.moc"
