#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "bridge/recorded_tokens.hpp"
#include "conclave/trace.hpp"

using namespace Qt::StringLiterals;

class TestRecordedTokens : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase()
    {
        m_path = m_dir.filePath(u"t.ctr"_s);
        conclave::TraceHeader header;
        header.n_vocab = 8;
        auto writer = conclave::TraceWriter::create(std::filesystem::path(m_path.toStdU16String()), header);
        QVERIFY(writer.has_value());
        conclave::TracePrompt prompt;
        prompt.ids = {1};
        prompt.pieces = {"p"};
        QVERIFY(writer->prompt(prompt).has_value());
        int position = 0;
        for (const char* text : {"p", "a", "bc", ""}) {
            conclave::TraceToken token;
            token.generated = position > 0;
            token.position = position++;
            token.text = text;
            QVERIFY(writer->token(token).has_value());
        }
        QVERIFY(writer->flush().has_value());
    }

    void onlyTheAnswersTokensCount()
    {
        RecordedTokens tokens;
        QSignalSpy loaded(&tokens, &RecordedTokens::loaded);
        tokens.load(7, m_path);
        QVERIFY(loaded.wait());
        QCOMPARE(loaded.first()[0].toLongLong(), 7);
        QCOMPARE(loaded.first()[1].value<QList<QByteArray>>(), QList<QByteArray>({"a", "bc", ""}));
        QCOMPARE(loaded.first()[2].value<QList<int>>(), QList<int>({1, 2, 3}));
    }

    void aMissingTraceIsSilentAndAClearedOneIsDropped()
    {
        RecordedTokens tokens;
        QSignalSpy loaded(&tokens, &RecordedTokens::loaded);
        tokens.load(1, m_dir.filePath(u"missing.ctr"_s));
        tokens.load(2, m_path);
        tokens.clear();
        tokens.load(3, m_path);
        QVERIFY(loaded.wait());
        QTest::qWait(50);
        QCOMPARE(loaded.size(), 1);
        QCOMPARE(loaded.first()[0].toLongLong(), 3);
    }

private:
    QTemporaryDir m_dir;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestRecordedTokens)
#include "tst_recorded_tokens.moc"
