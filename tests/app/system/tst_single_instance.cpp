#include <QFile>
#include <QLocalSocket>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

#include "system/single_instance.hpp"

using namespace Qt::StringLiterals;

class TestSingleInstance : public QObject
{
    Q_OBJECT
private slots:
    void theSecondHandsOverItsModel()
    {
        QTemporaryDir dir;
        SingleInstance first(dir.path());
        QVERIFY(first.own());
        QSignalSpy raised(&first, &SingleInstance::raised);
        // The second is another process in life; here another thread, because handing over waits for an answer.
        bool owned = true, told = false;
        std::jthread second([&] {
            SingleInstance instance(dir.path());
            owned = instance.own();
            told = instance.handOver(u"/models/ö \"x\".gguf"_s);
        });
        QVERIFY(raised.wait(5000));
        QCOMPARE(raised.first().first().toString(), u"/models/ö \"x\".gguf"_s);
        QVERIFY(QTest::qWaitFor([&] { return told; }));
        second.join();
        QVERIFY(!owned);
    }

    void profilesDoNotMeet()
    {
        QTemporaryDir a, b;
        SingleInstance first(a.path()), second(b.path());
        QVERIFY(first.own());
        QVERIFY(second.own());
    }

    void theProfileIsFreeAgainAfterwards()
    {
        QTemporaryDir dir;
        {
            SingleInstance first(dir.path());
            QVERIFY(first.own());
        }
        SingleInstance second(dir.path());
        QVERIFY(second.own());
    }

    void aLockOfAProcessThatWasKilledDoesNotHold()
    {
        QTemporaryDir dir;
        QProcess gone;
        gone.start(QCoreApplication::applicationFilePath(), {u"-help"_s});
        QVERIFY(gone.waitForStarted());
        const qint64 pid = gone.processId();
        QVERIFY(gone.waitForFinished());
        QFile lock(dir.filePath(u"lock"_s));
        QVERIFY(lock.open(QFile::WriteOnly));
        lock.write(u"%1\napp_single_instance_tests\n%2\n"_s.arg(pid).arg(QSysInfo::machineHostName()).toUtf8());
        lock.close();
        SingleInstance instance(dir.path());
        QVERIFY(instance.own());
    }

    void noiseIsNoModel()
    {
        QTemporaryDir dir;
        SingleInstance first(dir.path());
        QVERIFY(first.own());
        QVERIFY(!SingleInstance(dir.filePath(u"other"_s)).handOver({})); // nobody there
    }
};

QTEST_GUILESS_MAIN(TestSingleInstance)
#include "tst_single_instance.moc"
