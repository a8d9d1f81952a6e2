#include <QSignalSpy>
#include <QTest>

#include "chat/run_stream.hpp"
#include "scripted_backend.hpp"

using namespace Qt::StringLiterals;

class TestRunStream : public QObject
{
    Q_OBJECT
private slots:
    void init()
    {
        m_backend = std::make_unique<ScriptedBackend>();
        m_stream = std::make_unique<RunStream>();
        m_stream->setBackend(m_backend.get());
        m_batches.clear();
        connect(m_stream.get(), &RunStream::batch, this, [this](const RunBatch& batch) { m_batches << batch; });
    }

    void batchesByFrame()
    {
        m_stream->start({});
        const int n = 400;
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < n; ++i) {
            m_backend->say(u"x"_s);
            QTest::qWait(1);
        }
        m_backend->finish();
        QVERIFY(waitForEnd());
        qsizetype tokens = 0;
        for (const RunBatch& batch : m_batches) {
            for (const RunToken& token : batch.tokens)
                QCOMPARE(token.index, int(tokens++));
        }
        QCOMPARE(tokens, n);
        QVERIFY2(m_batches.size() <= clock.elapsed() / 16 + 2,
                 qPrintable(u"%1 batches in %2 ms"_s.arg(m_batches.size()).arg(clock.elapsed())));
        QVERIFY(!m_stream->isRunning());
    }

    void wordsAtReadingSpeedShareAFrame()
    {
        m_stream->start({});
        QTest::qWait(RunStream::readingMs + 10);
        m_backend->say(u"x"_s);
        QVERIFY(QTest::qWaitFor([this] { return m_batches.size() == 1; }));
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < 20; ++i) {
            QTest::qWait(20);
            m_backend->say(u"x"_s);
        }
        m_backend->finish();
        QVERIFY(waitForEnd());
        QCOMPARE(text().size(), 21);
        QVERIFY2(m_batches.size() <= clock.elapsed() / RunStream::readingMs + 2,
                 qPrintable(u"%1 batches in %2 ms"_s.arg(m_batches.size()).arg(clock.elapsed())));
    }

    void hiddenWindowsGetFewerBatches()
    {
        m_stream->setVisible(false);
        m_stream->start({});
        for (int i = 0; i < 300; ++i) {
            m_backend->say(u"x"_s);
            QTest::qWait(1);
        }
        QVERIFY2(m_batches.size() <= 8, qPrintable(QString::number(m_batches.size())));
    }

    void eventsOfOtherRunsAreIgnored()
    {
        m_stream->start({});
        m_backend->sendAs(99, RunToken{.text = u"stray"_s});
        m_backend->sendAs(99, RunFinished{});
        m_backend->say(u"mine"_s);
        m_backend->finish();
        QVERIFY(waitForEnd());
        QCOMPARE(text(), u"mine"_s);
    }

    void anAbandonedRunEndsBeforeTheNextBegins()
    {
        m_stream->start({});
        m_backend->say(u"old"_s);
        m_stream->abandon();
        QCOMPARE(m_backend->stops, 1);
        m_stream->start({});
        QCOMPARE(m_backend->requests.size(), 1); // the backend takes one at a time
        m_backend->say(u"older still"_s);
        m_backend->finish(u"stopped"_s);
        QVERIFY(QTest::qWaitFor([this] { return m_backend->requests.size() == 2; }));
        m_backend->say(u"new"_s);
        m_backend->finish();
        QVERIFY(waitForEnd());
        QCOMPARE(text(), u"new"_s);
    }

    void stoppingARunThatHasNotBegunEndsIt()
    {
        m_stream->start({});
        m_stream->abandon();
        m_stream->start({});
        m_stream->stop();
        QVERIFY(waitForEnd());
        QCOMPARE(m_batches.last().finished->stop, u"stopped"_s);
        m_backend->finish(u"stopped"_s);
        QTest::qWait(50);
        QCOMPARE(m_backend->requests.size(), 1);
        QVERIFY(!m_stream->isRunning());
    }

    void flushPassesOnAtOnce()
    {
        m_stream->setVisible(false);
        m_stream->start({});
        m_backend->say(u"a"_s);
        m_stream->flush();
        QCOMPARE(text(), u"a"_s);
    }

private:
    bool waitForEnd()
    {
        return QTest::qWaitFor([this] { return !m_batches.isEmpty() && m_batches.last().ends(); });
    }
    QString text() const
    {
        QString all;
        for (const RunBatch& batch : m_batches) {
            for (const RunToken& token : batch.tokens)
                all += token.text;
        }
        return all;
    }

    std::unique_ptr<ScriptedBackend> m_backend;
    std::unique_ptr<RunStream> m_stream;
    QList<RunBatch> m_batches;
};

QTEST_GUILESS_MAIN(TestRunStream)
#include "tst_run_stream.moc"
