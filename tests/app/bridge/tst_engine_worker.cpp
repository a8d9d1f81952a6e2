#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <optional>

#include "bridge/engine_worker.hpp"
#include "bridge/model_host.hpp"
#include "conclave/engine.hpp"
#include "conclave/trace.hpp"

using namespace Qt::StringLiterals;

// The built-in model on the real engine: what the window does, without the window.
class TestEngineWorker : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase()
    {
        QVERIFY2(QFile::exists(model), "the built-in model is missing");
        auto engine = conclave::Engine::create();
        QVERIFY(engine.has_value());
        m_engine = std::make_unique<conclave::Engine>(*std::move(engine));
    }

    void init()
    {
        m_host = std::make_unique<ModelHost>(*m_engine);
        m_worker = std::make_unique<EngineWorker>([this] { return m_engine->sample_devices(); });
        connect(m_worker.get(), &ChatBackend::eventsReady, this, [this] { m_events += m_worker->drain(); });
        m_events.clear();
        m_worker->launch();
    }
    void cleanup()
    {
        m_worker.reset();
        m_host.reset();
    }

    void opensWithProgressAndDescribesItself()
    {
        QCOMPARE(m_host->state(), ModelHost::NoModel);
        QSignalSpy shape(m_host.get(), &ModelHost::shapeChanged);
        m_host->openPath(model);
        QCOMPARE(m_host->state(), ModelHost::Loading);
        QVERIFY2(m_host->progressText().contains(u"guide-ds.gguf"), qPrintable(m_host->progressText()));
        QVERIFY(shape.wait());
        QCOMPARE(m_host->state(), ModelHost::Ready);
        QVERIFY(!m_host->name().isEmpty());
        QVERIFY2(m_host->description().contains(u"of 32 experts"), qPrintable(m_host->description()));
        QCOMPARE(m_host->contextLength(), 2048);
        QCOMPARE(m_host->shape().nExperts, 32);
        QCOMPARE(m_host->shape().nExpertsUsed, 4);
        QVERIFY(!m_host->shape().moeLayers.contains(0)); // the first layer is dense
    }

    void runsAsTheSettingsSay()
    {
        m_host->setSettings({.contextLength = 512, .kvType = u"f32"_s});
        openModel();
        QCOMPARE(m_host->contextLength(), 512);
        QCOMPARE(m_host->run().kvType, conclave::KvType::f32);
        const QString full = m_host->memoryText();
        QVERIFY2(full.startsWith(u"512 tokens take "), qPrintable(full));

        QSignalSpy run(m_host.get(), &ModelHost::runChanged);
        QSignalSpy session(m_worker.get(), &EngineWorker::sessionMade);
        m_host->setSettings({.contextLength = 100'000, .kvType = u"f16"_s});
        QCOMPARE(run.count(), 1);
        QCOMPARE(m_host->contextLength(), m_host->longestContext());
        QVERIFY(m_host->memoryText() != full);
        m_worker->setModel(m_host->run());
        QVERIFY(session.wait());
        QCOMPARE(session.last().first().toString(), QString());
        m_host->setSettings({.contextLength = 100'000, .kvType = u"f16"_s, .threads = 3});
        QCOMPARE(run.count(), 1); // nothing that a session must be made anew for

        m_host->setSettings({.kvType = u"q8_0"_s}); // its blocks of 32 values do not fit the built-in model
        m_worker->setModel(m_host->run());
        QVERIFY(session.wait());
        QVERIFY2(session.last().first().toString().contains(u"q8_0"), qPrintable(session.last().first().toString()));
    }

    // An emulated device, or none where the plug-in was built for real ones or not at all.
    void anotherDeviceComputesOrIsRefused()
    {
        openModel();
        m_host->setSettings({.device = u"cuda:0"_s});
        QCOMPARE(m_host->state(), ModelHost::Loading);
        QVERIFY(QTest::qWaitFor([this] { return m_host->state() != ModelHost::Loading; }, 60'000));
        if (m_host->state() == ModelHost::Failed) {
            QVERIFY2(m_host->errorText().contains(u"cuda:0"), qPrintable(m_host->errorText()));
        } else {
            QCOMPARE(m_host->run().kernels, "cuda:0");
            QCOMPARE(m_host->run().kvType, conclave::KvType::f32);
        }
        m_host->setSettings({});
        QVERIFY(QTest::qWaitFor([this] { return m_host->state() == ModelHost::Ready; }, 60'000));
        QVERIFY(m_host->run().kernels != "cuda:0");
        QCOMPARE(m_host->run().kvType, conclave::KvType::f16);
    }

    // What was put aside is not what another device is to open.
    void aFailedOpeningPutAsideStaysAside()
    {
        openModel();
        m_host->openPath(u"/missing.gguf"_s);
        QVERIFY(QTest::qWaitFor([this] { return m_host->state() == ModelHost::Failed; }));
        m_host->cancel();
        m_host->setSettings({.device = u"cuda:77"_s});
        QVERIFY(QTest::qWaitFor([this] { return m_host->state() == ModelHost::Failed; }));
        QVERIFY2(m_host->errorText().contains(u"cuda:77"), qPrintable(m_host->errorText()));
        m_host->setSettings({});
        QVERIFY(QTest::qWaitFor([this] { return m_host->state() == ModelHost::Ready; }));
    }

    void aFolderOpensByItselfOrByItsConfig()
    {
        const QString folder = QStringLiteral(CONCLAVE_SOURCE_DIR "/tests/golden/model/hf/qwen3moe");
        for (const QString& path : {folder, folder + u'/', folder + u"/config.json"_s}) {
            QSignalSpy shape(m_host.get(), &ModelHost::shapeChanged);
            m_host->open(QUrl::fromLocalFile(path));
            QVERIFY(!m_host->progressText().isEmpty());
            QVERIFY2(shape.wait(), qPrintable(m_host->errorText()));
            QCOMPARE(m_host->name(), u"qwen3moe"_s);
            QCOMPARE(m_host->shape().nExperts, 9);
        }
    }

    void whatIsNoModelIsSaidAndTheOneBeforeStays()
    {
        openModel();
        QTemporaryDir dir;
        const QString path = dir.filePath(u"not a model.gguf"_s);
        QFile file(path);
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("hello");
        file.close();
        for (const QString& wrong : {path, dir.filePath(u"missing.gguf"_s)}) {
            m_host->openPath(wrong);
            QVERIFY(QTest::qWaitFor([this] { return m_host->state() == ModelHost::Failed; }));
            QVERIFY2(m_host->errorText().contains(QFileInfo(wrong).fileName()), qPrintable(m_host->errorText()));
            QVERIFY(!m_host->errorText().front().isLower() && m_host->errorText().endsWith(u'.'));
            QVERIFY(m_host->model());
        }
    }

    void cancelKeepsTheOneBefore()
    {
        m_host->openPath(model);
        m_host->cancel();
        QCOMPARE(m_host->state(), ModelHost::NoModel);
        QTest::qWait(200); // what the worker still brings is dropped
        QCOMPARE(m_host->state(), ModelHost::NoModel);
        openModel();
        m_host->openPath(model);
        m_host->cancel();
        QCOMPARE(m_host->state(), ModelHost::Ready);
        m_host->openPath(QStringLiteral(CONCLAVE_SOURCE_DIR "/README.md"));
        QVERIFY(QTest::qWaitFor([&] { return m_host->state() == ModelHost::Failed; }, 30'000));
        m_host->cancel();
        QCOMPARE(m_host->state(), ModelHost::Ready);
    }

    void leavesOutTheOldestOnlyWhenAsked()
    {
        openModel();
        RunRequest request{.runId = 3};
        const std::string text(6000, 'a'); // of a context of 2,048 tokens
        for (int i = 0; i < 3; ++i) {
            request.messages.push_back({conclave::Role::user, text});
            request.messages.push_back({conclave::Role::assistant, text});
        }
        request.messages.push_back({conclave::Role::user, "What is a router?"});
        request.sampler.maxTokens = 2;
        m_worker->start(request);
        const auto outgrown = waitFor<RunOutgrown>();
        QVERIFY(outgrown.nPrompt > outgrown.nContext && outgrown.nContext == m_host->contextLength());
        QVERIFY(outgrown.sentence.contains(u"leave out the oldest"_s));

        request.runId = 5;
        request.sampler.contextPolicy = ContextPolicy::Refuse;
        m_worker->start(request);
        QCOMPARE(waitForFailure(), outgrown.sentence);

        QTemporaryDir dir;
        request.runId = 4;
        request.sampler.contextPolicy = ContextPolicy::LeaveOut;
        request.tracePath = dir.filePath(u"t.ctr"_s);
        m_worker->start(request);
        waitForEnd();
        int nDropped = 0;
        for (const RunEvent& event : m_events) {
            if (const auto* prompt = std::get_if<RunPrompt>(&event.what))
                nDropped = prompt->nDropped;
        }
        QVERIFY(nDropped >= 2);
        QCOMPARE(nDropped, outgrown.nOldest);
        const auto trace = conclave::read_trace(request.tracePath.toStdString());
        QVERIFY(trace);
        QCOMPARE(int(trace->prompt.messages.size()), 7 - nDropped);
    }

    void recordsWhatItSampledWith()
    {
        openModel();
        QTemporaryDir dir;
        RunRequest request{.runId = 3,
                           .messages = {{conclave::Role::user, "What is a router?"}},
                           .tracePath = dir.filePath(u"t.ctr"_s)};
        request.sampler.maxTokens = 2;
        request.sampler.presencePenalty = 0.5;
        request.sampler.mirostat = 2;
        m_worker->start(request);
        waitForEnd();
        const auto trace = conclave::read_trace(request.tracePath.toStdString());
        QVERIFY(trace);
        QCOMPARE(trace->header.samplers, std::string("presence_penalty=0.5 mirostat=2"));
    }

    void answersAndRecords()
    {
        openModel();
        QTemporaryDir dir;
        RunRequest request{.runId = 3,
                           .messages = {{conclave::Role::user, "What is a router?"}},
                           .tracePath = dir.filePath(u"t.ctr"_s)};
        request.sampler.temperature = 0;
        request.sampler.maxTokens = 24;
        m_worker->start(request);
        const RunFinished end = waitForEnd();
        QVERIFY(end.nGenerated > 0 && end.nGenerated <= 24);
        QCOMPARE(end.nCached, 0);
        quint64 picks = 0;
        int rows = 0;
        QString text;
        for (const RunEvent& event : m_events) {
            QCOMPARE(event.runId, quint64(3));
            if (const auto* step = std::get_if<RunStep>(&event.what)) {
                picks += step->ids.size();
                rows += int(step->positions.size());
            }
            if (const auto* token = std::get_if<RunToken>(&event.what)) {
                text += token->text;
                QVERIFY(!token->top.isEmpty() && token->topTexts.size() == token->top.size());
            }
        }
        QVERIFY(!text.isEmpty());
        QCOMPARE(picks, end.sumCounts);
        QCOMPARE(rows, end.nPrompt + end.nGenerated - 1);
        QVERIFY(std::holds_alternative<RunPrompt>(m_events.first().what));

        const auto trace = conclave::read_trace(std::filesystem::path(request.tracePath.toStdU16String()));
        QVERIFY(trace.has_value() && trace->complete);
        QCOMPARE(int(trace->tokens.size()), end.nPrompt + end.nGenerated);
        std::string recorded;
        quint64 recordedPicks = 0;
        for (const conclave::TraceToken& token : trace->tokens) {
            recordedPicks += token.ids.size();
            if (token.generated)
                recorded += token.text;
        }
        QCOMPARE(QString::fromStdString(recorded), text);
        QCOMPARE(recordedPicks, end.sumCounts);
        QCOMPARE(trace->header.seed, end.seed);

        // The next turn computes only what is new.
        m_events.clear();
        request.runId = 4;
        request.messages.push_back({conclave::Role::assistant, text.toStdString()});
        request.messages.push_back({conclave::Role::user, "And an expert?"});
        m_worker->start(request);
        const RunFinished next = waitForEnd();
        QVERIFY2(next.nCached >= end.nPrompt, qPrintable(u"%1 of %2 reused"_s.arg(next.nCached).arg(end.nPrompt)));
    }

    void stopsWithinAMoment()
    {
        openModel();
        RunRequest request{.runId = 1, .messages = {{conclave::Role::user, "Tell me a story."}}};
        m_worker->start(request);
        QVERIFY(QTest::qWaitFor([this] { return tokens() > 2; }));
        QElapsedTimer clock;
        clock.start();
        m_worker->stop();
        const RunFinished end = waitForEnd();
        QVERIFY(end.stop == u"stopped"_s || end.stop == u"end_of_text"_s);
        QVERIFY2(clock.elapsed() < 1000, qPrintable(QString::number(clock.elapsed()))); // 100 ms when nothing else runs
    }

    void aChatThatDoesNotFitIsSaidInASentence()
    {
        openModel();
        std::string text;
        for (int i = 0; i < 3000; ++i)
            text += "router " + std::to_string(i) + "\n";
        m_worker->start({.runId = 1, .messages = {{conclave::Role::user, text}}});
        const QString sentence = waitForFailure();
        QVERIFY2(sentence.contains(u"new chat") && sentence.contains(u"2,048"), qPrintable(sentence));
        m_events.clear();
        RunRequest request{.runId = 2, .messages = {{conclave::Role::user, "Hello"}}};
        request.sampler.maxTokens = 3;
        m_worker->start(request); // goes on
        QVERIFY(waitForEnd().nGenerated > 0);
    }

    void withoutAModelItSaysSo()
    {
        m_worker->start({.runId = 1, .messages = {{conclave::Role::user, "Hello"}}});
        QVERIFY(waitForFailure().contains(u"Ctrl+O"));
    }

private:
    void openModel()
    {
        m_host->openPath(model);
        QVERIFY(QTest::qWaitFor([this] { return m_host->state() == ModelHost::Ready; }, 20'000));
        m_worker->setModel(m_host->run());
    }
    int tokens() const
    {
        return int(std::ranges::count_if(m_events,
                                         [](const RunEvent& e) { return std::holds_alternative<RunToken>(e.what); }));
    }
    template <class Event>
    Event waitFor()
    {
        const bool came = QTest::qWaitFor(
            [this] { return !m_events.isEmpty() && std::holds_alternative<Event>(m_events.last().what); }, 60'000);
        [&] { QVERIFY(came); }();
        return came ? std::get<Event>(m_events.last().what) : Event{};
    }
    RunFinished waitForEnd() { return waitFor<RunFinished>(); }
    QString waitForFailure() { return waitFor<RunFailed>().sentence; }

    const QString model = QStringLiteral(CONCLAVE_SOURCE_DIR "/resources/models/guide-ds.gguf");
    std::unique_ptr<conclave::Engine> m_engine;
    std::unique_ptr<ModelHost> m_host;
    std::unique_ptr<EngineWorker> m_worker;
    QList<RunEvent> m_events;
};

QTEST_GUILESS_MAIN(TestEngineWorker)
#include "tst_engine_worker.moc"
