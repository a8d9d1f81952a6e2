#include <QSignalSpy>
#include <QTest>

#include <thread>
#include <vector>

#include "bridge/event_queue.hpp"

class TestEventQueue : public QObject
{
    Q_OBJECT
private slots:
    void everyEventArrivesOnceAndInOrder()
    {
        constexpr int producers = 3, each = 20'000;
        EventQueue queue;
        std::vector<std::jthread> threads;
        for (int p = 0; p < producers; ++p) {
            threads.emplace_back([&queue, p] {
                for (int i = 0; i < each; ++i)
                    queue.push({quint64(p), RunToken{.index = i, .text = QString::number(i)}});
            });
        }
        std::vector<int> next(producers, 0);
        int taken = 0, disorder = 0;
        connect(&queue, &EventQueue::ready, &queue, [&] {
            for (const RunEvent& event : queue.drain()) {
                const RunToken& token = std::get<RunToken>(event.what);
                disorder += token.index != next[event.runId]++ || token.text != QString::number(token.index);
                ++taken;
            }
        });
        QVERIFY(QTest::qWaitFor([&] { return taken == producers * each; }, 30'000));
        QCOMPARE(disorder, 0);
    }

    void oneWakeUpUntilTheNextDrain()
    {
        EventQueue queue;
        QSignalSpy ready(&queue, &EventQueue::ready);
        for (int i = 0; i < 100; ++i)
            queue.push({1, RunToken{.index = i}});
        QVERIFY(ready.wait());
        QTest::qWait(20);
        QCOMPARE(ready.size(), 1);
        queue.push({1, RunFinished{}});
        QTest::qWait(20);
        QCOMPARE(ready.size(), 1); // not drained yet
        QCOMPARE(queue.drain().size(), 101);
        QVERIFY(queue.drain().isEmpty());
        queue.push({1, RunFinished{}});
        QVERIFY(ready.wait());
        QCOMPARE(ready.size(), 2);
    }
};

QTEST_GUILESS_MAIN(TestEventQueue)
#include "tst_event_queue.moc"
