#include <QTest>

#include "system/command_line.hpp"

using namespace Qt::StringLiterals;

class TestCommandLine : public QObject
{
    Q_OBJECT
private slots:
    void everythingTogether()
    {
        const CommandLine line =
            parseCommandLine({u"conclave"_s, u"m.gguf"_s, u"--profile"_s, u"/p"_s, u"--prompt"_s, u"-5 + 3?"_s,
                              u"--screenshot"_s, u"a.png"_s, u"--size"_s, u"800x600"_s, u"--theme"_s, u"dark"_s,
                              u"--seed"_s, u"18446744073709551615"_s, u"--temp"_s, u"0"_s, u"--threads"_s, u"2"_s});
        QCOMPARE(line.error, QString());
        QCOMPARE(line.model, u"m.gguf"_s);
        QCOMPARE(line.profile, u"/p"_s);
        QCOMPARE(line.prompt, u"-5 + 3?"_s);
        QCOMPARE(line.screenshot, u"a.png"_s);
        QCOMPARE(line.size.value(), QSize(800, 600));
        QCOMPARE(line.theme, u"dark"_s);
        QCOMPARE(line.seed.value(), 18446744073709551615ull);
        QCOMPARE(line.temperature.value(), 0.0);
        QCOMPARE(line.threads.value(), 2);
    }

    void nothingIsSetByItself()
    {
        const CommandLine line = parseCommandLine({u"conclave"_s});
        QCOMPARE(line.error, QString());
        QVERIFY(line.model.isEmpty() && !line.size && !line.seed && !line.temperature && !line.threads && !line.help &&
                !line.version);
        for (const QString& option : {u"--profile"_s, u"--prompt"_s, u"--screenshot"_s, u"--size"_s, u"--theme"_s,
                                      u"--seed"_s, u"--temp"_s, u"--threads"_s, u"--replay"_s})
            QVERIFY2(line.helpText.contains(option), qPrintable(option));
    }

    void mistakesAreSaid_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("names");
        QTest::newRow("seed") << QStringList{u"--seed"_s, u"-1"_s} << u"--seed"_s;
        QTest::newRow("temperature") << QStringList{u"--temp"_s, u"nan"_s} << u"--temp"_s;
        QTest::newRow("temperature too high") << QStringList{u"--temp"_s, u"5.1"_s} << u"--temp"_s;
        QTest::newRow("no threads") << QStringList{u"--threads"_s, u"0"_s} << u"--threads"_s;
        QTest::newRow("size") << QStringList{u"--size"_s, u"800"_s} << u"--size"_s;
        QTest::newRow("theme") << QStringList{u"--theme"_s, u"blue"_s} << u"--theme"_s;
        QTest::newRow("two models") << QStringList{u"a.gguf"_s, u"b.gguf"_s} << u"one file"_s;
        QTest::newRow("replay and prompt")
            << QStringList{u"--replay"_s, u"a.ctr"_s, u"--prompt"_s, u"x"_s} << u"--replay"_s;
        QTest::newRow("unknown") << QStringList{u"--nonsense"_s} << u"nonsense"_s;
        QTest::newRow("missing value") << QStringList{u"--seed"_s} << u"seed"_s;
    }
    void mistakesAreSaid()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, names);
        const CommandLine line = parseCommandLine(QStringList{u"conclave"_s} + arguments);
        QVERIFY2(line.error.contains(names) && line.error.endsWith(u'.'), qPrintable(line.error));
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
