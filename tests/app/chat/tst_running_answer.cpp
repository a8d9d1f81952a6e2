#include <QElapsedTimer>
#include <QTest>

#include "chat/running_answer.hpp"

using namespace Qt::StringLiterals;

namespace
{

RunToken token(const QString& text, double ms)
{
    return {.text = text, .tNs = qint64(ms * 1e6)};
}

} // namespace

class TestRunningAnswer : public QObject
{
    Q_OBJECT
private slots:
    void chunksAddUpToTheText()
    {
        RunningAnswer answer(1, {.id = 5});
        QVERIFY(!answer.takeChunk());
        QString chunks;
        for (int i = 0; i < 52; ++i) {
            answer.add(token(u"%1,"_s.arg(i), i));
            if (i % 7 == 0) {
                const auto chunk = answer.takeChunk();
                QVERIFY(chunk);
                QCOMPARE(chunk->seq, i / 7);
                chunks += chunk->text;
                QVERIFY(!answer.takeChunk());
            }
        }
        QCOMPARE(chunks + answer.takeChunk().value().text, answer.text());
        QCOMPARE(answer.interrupted().text, answer.text());
        QCOMPARE(answer.interrupted().state, MessageState::Interrupted);
    }

    void thinkingIsTimed_data()
    {
        QTest::addColumn<bool>("opened");
        QTest::addColumn<QStringList>("tokens"); // 10 ms apart from 100 ms
        QTest::addColumn<double>("ms");          // -1: absent
        QTest::newRow("tags as tokens") << false << QStringList({u"<think>"_s, u"a"_s, u"b"_s, u"</think>"_s, u"c"_s})
                                        << 30.0;
        QTest::newRow("opened by the prompt") << true << QStringList({u"a"_s, u"b"_s, u"</think>"_s, u"c"_s}) << 20.0;
        QTest::newRow("tags in pieces") << false << QStringList({u"<th"_s, u"ink>"_s, u"a </"_s, u"thi"_s, u"nk> b"_s})
                                        << 30.0;
        QTest::newRow("no thinking") << false << QStringList({u"a"_s, u"b </think>"_s}) << -1.0;
        QTest::newRow("still thinking") << false << QStringList({u"<think>"_s, u"b"_s}) << -1.0;
    }
    void thinkingIsTimed()
    {
        QFETCH(bool, opened);
        QFETCH(QStringList, tokens);
        QFETCH(double, ms);
        RunningAnswer answer(1, {.id = 5});
        answer.begin({.ids = {1, 2, 3}, .opensThinking = opened});
        for (qsizetype i = 0; i < tokens.size(); ++i)
            answer.add(token(tokens[i], 100 + 10 * double(i)));
        const Message message = answer.finished({.stop = u"end_of_text"_s});
        QCOMPARE(message.stats.thinkMs.value_or(-1), ms);
        QCOMPARE(message.promptTokens, 3);
        QCOMPARE(message.text.startsWith(u"<think>"), opened || tokens.join(QString()).startsWith(u"<think>"));
    }

    void rateIsOfTheLastSecond()
    {
        RunningAnswer answer(1, {.id = 5});
        answer.add(token({}, 0));
        QVERIFY(!answer.tokensPerSecond());
        for (int i = 1; i <= 100; ++i)
            answer.add(token({}, i * 100)); // 10 a second for ten seconds
        QCOMPARE(answer.tokensPerSecond().value(), 10.0);
        for (int i = 1; i <= 100; ++i)
            answer.add(token({}, 10'000 + i * 10)); // then 100 a second for one
        QCOMPARE(answer.tokensPerSecond().value(), 100.0);
    }

    // A shared copy of the text anywhere in the path would make each token copy the whole answer.
    void workPerTokenDoesNotGrow()
    {
        RunningAnswer answer(1, {.id = 5});
        qint64 before = 0;
        const auto nsOf = [&](int n) {
            QElapsedTimer clock;
            clock.start();
            for (int i = 0; i < n; ++i) {
                answer.add(token(u"word "_s, double(++before)));
                if (i % 1000 == 0)
                    answer.takeChunk();
            }
            return clock.nsecsElapsed();
        };
        const qint64 first = nsOf(100'000);
        nsOf(2'000'000);
        const qint64 last = nsOf(100'000);
        QVERIFY2(last < 6 * first + 20'000'000, qPrintable(u"%1 then %2 ns"_s.arg(first).arg(last)));
    }
};

QTEST_GUILESS_MAIN(TestRunningAnswer)
#include "tst_running_answer.moc"
