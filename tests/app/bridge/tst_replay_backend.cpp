#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "bridge/replay_backend.hpp"
#include "conclave/trace.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr int nPrompt = 100, nCached = 10;

conclave::TraceToken token(int position, const std::string& text, bool routes)
{
    conclave::TraceToken token;
    token.generated = position >= nPrompt;
    token.position = position;
    token.id = position % 50;
    token.text = text;
    if (token.generated) {
        token.logprob = -1.0f;
        token.entropy = 0.5f;
        token.t_ns = (position - nPrompt + 1) * 20'000'000LL; // 20 ms apart
    }
    token.has_routes = routes;
    if (routes) {
        token.ids = {uint16_t(position % 8), uint16_t((position + 1) % 8)};
        token.weights = {0.75f, 0.25f};
        token.margins = {0.1f};
        token.groups = {1};
    }
    return token;
}

} // namespace

class TestReplayBackend : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase()
    {
        m_path = m_dir.filePath(u"run.ctr"_s);
        conclave::TraceHeader header;
        header.model_name = "Recorded";
        header.moe_layers = {1};
        header.n_layers = 2;
        header.n_experts = 8;
        header.n_experts_used = 2;
        header.n_vocab = 64;
        header.seed = 9;
        auto writer = conclave::TraceWriter::create(std::filesystem::path(m_path.toStdU16String()), header);
        QVERIFY(writer.has_value());
        conclave::TracePrompt prompt;
        prompt.messages = {{conclave::Role::system, "be kind"}, {conclave::Role::user, "Grüße?"}};
        prompt.n_cached = nCached;
        for (int i = 0; i < nPrompt; ++i) {
            prompt.ids.push_back(i % 50);
            prompt.pieces.push_back(i == nPrompt - 1 ? "<think>" : "p");
        }
        QVERIFY(writer->prompt(prompt).has_value());
        for (int i = 0; i < nPrompt; ++i)
            QVERIFY(writer->token(token(i, prompt.pieces[size_t(i)], i >= nCached)).has_value());
        // A character in three tokens, and half a character at the end.
        const std::vector<std::string> texts{"Hi ", "\xE4", "\xB8", "\xAD!", "\xC3"};
        for (int i = 0; i < int(texts.size()); ++i)
            QVERIFY(writer->token(token(nPrompt + i, texts[size_t(i)], i + 1 < int(texts.size()))).has_value());
        QVERIFY(writer
                    ->end({.stop = "end_of_text",
                           .n_prompt = nPrompt,
                           .n_cached = nCached,
                           .n_generated = 5,
                           .ttft_ms = 20,
                           .prefill_tps = {},
                           .decode_tps = 50.0,
                           .sum_counts = 188})
                    .has_value());
    }

    void playsWhatWasRecorded_data()
    {
        QTest::addColumn<bool>("fast");
        QTest::newRow("fast") << true;
        QTest::newRow("at the recorded times") << false;
    }
    void playsWhatWasRecorded()
    {
        QFETCH(bool, fast);
        ReplayBackend backend(fast ? ReplayBackend::Pace::Fast : ReplayBackend::Pace::Recorded);
        QSignalSpy loaded(&backend, &ReplayBackend::loaded);
        backend.open(m_path);
        QVERIFY(loaded.wait());
        QCOMPARE(backend.shape().nExperts, 8);
        QCOMPARE(backend.messages().size(), 1);
        QCOMPARE(backend.messages().first().text, u"Grüße?"_s);

        QElapsedTimer clock;
        clock.start();
        QList<RunEvent> events;
        connect(&backend, &ChatBackend::eventsReady, &backend, [&] { events += backend.drain(); });
        backend.start({.runId = 5});
        QVERIFY(QTest::qWaitFor(
            [&] { return !events.isEmpty() && std::holds_alternative<RunFinished>(events.last().what); }));
        QVERIFY(fast || clock.elapsed() >= 95);

        QString text;
        quint64 picks = 0;
        int promptRows = 0;
        for (const RunEvent& event : events) {
            QCOMPARE(event.runId, quint64(5));
            if (const auto* run = std::get_if<RunToken>(&event.what))
                text += run->text;
            if (const auto* step = std::get_if<RunStep>(&event.what)) {
                QCOMPARE(step->ids.size(), size_t(step->positions.size()) * 2);
                picks += step->ids.size();
                promptRows += step->prefill ? int(step->positions.size()) : 0;
                if (!step->prefill)
                    QCOMPARE(step->positions.size(), 1);
            }
        }
        QCOMPARE(text, u"Hi 中!\uFFFD"_s);
        QCOMPARE(promptRows, nPrompt - nCached);
        QCOMPARE(picks, quint64(nPrompt - nCached + 4) * 2);
        const auto& prompt = std::get<RunPrompt>(events.first().what);
        QVERIFY(prompt.opensThinking);
        QCOMPARE(prompt.ids.size(), nPrompt);
        const auto& end = std::get<RunFinished>(events.last().what);
        QCOMPARE(end.stop, u"end_of_text"_s);
        QCOMPARE(end.sumCounts, quint64(188));
        QVERIFY(end.decodeTps == 50.0);
    }

    void stopsAndStartsAgain()
    {
        ReplayBackend backend(ReplayBackend::Pace::Recorded);
        QSignalSpy loaded(&backend, &ReplayBackend::loaded);
        backend.open(m_path);
        QVERIFY(loaded.wait());
        QList<RunEvent> events;
        connect(&backend, &ChatBackend::eventsReady, &backend, [&] { events += backend.drain(); });
        const auto ended = [&] { return !events.isEmpty() && std::holds_alternative<RunFinished>(events.last().what); };
        backend.start({.runId = 1});
        backend.stop();
        QVERIFY(QTest::qWaitFor(ended));
        QCOMPARE(std::get<RunFinished>(events.last().what).stop, u"stopped"_s);
        events.clear();
        backend.start({.runId = 2});
        QVERIFY(QTest::qWaitFor(ended));
        QCOMPARE(std::get<RunFinished>(events.last().what).nGenerated, 5);
    }

    void whatIsNoTraceIsSaidInASentence()
    {
        const QString path = m_dir.filePath(u"not.ctr"_s);
        QFile file(path);
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("hello");
        file.close();
        ReplayBackend backend(ReplayBackend::Pace::Fast);
        QSignalSpy failed(&backend, &ReplayBackend::failed);
        backend.open(path);
        QVERIFY(failed.wait());
        QVERIFY(failed.first().first().toString().size() > 10);
    }

private:
    QTemporaryDir m_dir;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestReplayBackend)
#include "tst_replay_backend.moc"
