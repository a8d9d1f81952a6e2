#include <QFile>
#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;

// The program itself, from outside: what its command line promises.
class TestApplication : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QVERIFY2(QFile::exists(program), "the program is not built"); }

    void answersAPromptAndTakesAPicture()
    {
        const QString picture = m_dir.filePath(u"a.png"_s);
        const Run run = start({u"--profile"_s, m_dir.filePath(u"profile"_s), u"--prompt"_s, u"What is a router?"_s,
                               u"--screenshot"_s, picture, u"--size"_s, u"1000x700"_s, u"--seed"_s, u"3"_s});
        QCOMPARE(run.status, 0);
        QCOMPARE(QImage(picture).size(), QSize(1000, 700));
        QCOMPARE(run.line.keys(), QStringList({u"answer"_s, u"first_frame_ms"_s, u"first_token_ms"_s, u"map_total"_s,
                                               u"n_tokens"_s, u"sum_counts"_s}));
        m_answer = run.line[u"answer"_s].toString();
        QVERIFY(!m_answer.isEmpty());
        QVERIFY(run.line[u"n_tokens"_s].toInt() > 0);
        QVERIFY(run.line[u"sum_counts"_s].toInteger() > 0);
        QCOMPARE(run.line[u"map_total"_s].toInteger(), run.line[u"sum_counts"_s].toInteger());
        QVERIFY(run.line[u"first_frame_ms"_s].toDouble() > 0);
        QVERIFY(run.line[u"first_token_ms"_s].toDouble() > 0);
    }

    // The trace alone shows the same text and the same counts.
    void aReplayShowsTheSame()
    {
        const QDir traces(m_dir.filePath(u"profile/traces"_s));
        const QStringList files = traces.entryList({u"*.ctr"_s});
        QCOMPARE(files.size(), 1);
        const Run run =
            start({u"--replay"_s, traces.filePath(files.first()), u"--screenshot"_s, m_dir.filePath(u"b.png"_s)});
        QCOMPARE(run.status, 0);
        QCOMPARE(run.line[u"answer"_s].toString(), m_answer);
        QCOMPARE(run.line[u"map_total"_s].toInteger(), run.line[u"sum_counts"_s].toInteger());
    }

    // Opened again, the chat is there, and so is its map.
    void theChatIsThereAgain()
    {
        const Run run =
            start({u"--profile"_s, m_dir.filePath(u"profile"_s), u"--screenshot"_s, m_dir.filePath(u"c.png"_s)});
        QCOMPARE(run.status, 0);
        QVERIFY(run.line[u"map_total"_s].toInteger() > 0);
    }

    void mistakesAreOneSentenceAndAStatus_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::newRow("usage") << QStringList{u"--size"_s, u"huge"_s} << 2;
        QTest::newRow("no such model") << QStringList{u"/missing.gguf"_s, u"--screenshot"_s, u"/tmp/never.png"_s} << 1;
        QTest::newRow("no such trace") << QStringList{u"--replay"_s, u"/missing.ctr"_s, u"--screenshot"_s,
                                                      u"/tmp/never.png"_s}
                                       << 1;
        QTest::newRow("no such folder") << QStringList{u"--screenshot"_s, u"/missing/folder/a.png"_s} << 1;
    }
    void mistakesAreOneSentenceAndAStatus()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        const Run run = start(QStringList{u"--profile"_s, m_dir.filePath(u"other"_s)} + arguments);
        QCOMPARE(run.status, status);
        QVERIFY2(run.errors.startsWith("conclave: ") && run.errors.count('\n') == 1, run.errors.constData());
    }

private:
    struct Run {
        int status = -1;
        QJsonObject line;
        QByteArray errors;
    };
    Run start(const QStringList& arguments)
    {
        QProcess process;
        process.start(program, arguments);
        if (!process.waitForFinished(60'000))
            return {};
        return {process.exitCode(), QJsonDocument::fromJson(process.readAllStandardOutput()).object(),
                process.readAllStandardError()};
    }

    const QString program = QStringLiteral(CONCLAVE_PROGRAM);
    QTemporaryDir m_dir;
    QString m_answer;
};

QTEST_GUILESS_MAIN(TestApplication)
#include "tst_application.moc"
