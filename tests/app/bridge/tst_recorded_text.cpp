#include <QTest>

#include "bridge/recorded_text.hpp"
#include "conclave/trace.hpp"

using namespace Qt::StringLiterals;

class TestRecordedText : public QObject
{
    Q_OBJECT
private slots:
    void bytesBecomeTextAsTheyDidInTheRun_data()
    {
        QTest::addColumn<QList<QByteArray>>("bytes");
        QTest::addColumn<QString>("stop"); // empty: the trace was cut short
        QTest::addColumn<QStringList>("shown");
        const QString end = u"end_of_text"_s;
        QTest::newRow("whole") << QList<QByteArray>{"a", "b"} << end << QStringList{u"a"_s, u"b"_s};
        QTest::newRow("a character in parts")
            << QList<QByteArray>{"\xE4", "\xB8", "\xAD!"} << end << QStringList{u""_s, u""_s, u"中!"_s};
        QTest::newRow("two bytes of three, then another")
            << QList<QByteArray>{"\xE4\xB8", "x"} << end << QStringList{u""_s, u"\uFFFDx"_s};
        QTest::newRow("never a character") << QList<QByteArray>{"\xFF", "x"} << end << QStringList{u"\uFFFD"_s, u"x"_s};
        QTest::newRow("ends in a part") << QList<QByteArray>{"\xE4\xB8", ""} << end << QStringList{u""_s, u"\uFFFD"_s};
        QTest::newRow("stopped in a part")
            << QList<QByteArray>{"a", "\xE4"} << u"stopped"_s << QStringList{u"a"_s, u""_s};
        QTest::newRow("cut short in a part")
            << QList<QByteArray>{"a", "\xE4"} << QString() << QStringList{u"a"_s, u""_s};
    }
    void bytesBecomeTextAsTheyDidInTheRun()
    {
        QFETCH(QList<QByteArray>, bytes);
        QFETCH(QString, stop);
        QFETCH(QStringList, shown);
        conclave::Trace trace;
        for (const QByteArray& token : bytes) {
            trace.tokens.emplace_back().text = token.toStdString();
            trace.tokens.back().generated = true;
        }
        if (!stop.isEmpty())
            trace.end.emplace().stop = stop.toStdString();
        RecordedText text(trace);
        QStringList got;
        for (const conclave::TraceToken& token : trace.tokens)
            got << QString::fromUtf8(text.next(token));
        QCOMPARE(got, shown);
    }
};

QTEST_GUILESS_MAIN(TestRecordedText)
#include "tst_recorded_text.moc"
