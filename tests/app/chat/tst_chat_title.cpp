#include <QTest>

#include "chat/chat_title.hpp"

using namespace Qt::StringLiterals;

class TestChatTitle : public QObject
{
    Q_OBJECT
private slots:
    void title_data()
    {
        QTest::addColumn<QString>("message");
        QTest::addColumn<QString>("title");
        QTest::newRow("plain") << u"What is a router?"_s << u"What is a router?"_s;
        QTest::newRow("first line that says something") << u"\n\n  \n  Hello   there \nmore"_s << u"Hello there"_s;
        QTest::newRow("Markdown marks") << u"## 1. `code` and **bold**"_s << u"code and bold"_s;
        QTest::newRow("a fence alone") << u"```cpp\nint x;\n```"_s << u"int x;"_s;
        QTest::newRow("thinking") << u"<think>secret\nplan</think>Sum of 2 and 3"_s << u"Sum of 2 and 3"_s;
        QTest::newRow("thinking without end") << u"<think>secret"_s << QString();
        QTest::newRow("cut at a word") << u"Please explain to me how a mixture of experts model chooses its experts"_s
                                       << u"Please explain to me how a mixture of experts…"_s;
        QTest::newRow("one long word") << QString(100, u'a') << QString(48, u'a') + u'…';
        QTest::newRow("whole characters")
            << QString(47, u'a') + u"👩‍👩‍👧"_s + u"bcd"_s << QString(47, u'a') + u'…';
        QTest::newRow("Chinese") << u"什么是混合专家模型？"_s << u"什么是混合专家模型？"_s;
        QTest::newRow("nothing") << u" \n\t"_s << QString();
        QTest::newRow("minus is no mark") << u"-5 + 3 = ?"_s << u"-5 + 3 = ?"_s;
    }
    void title()
    {
        QFETCH(QString, message);
        QFETCH(QString, title);
        QCOMPARE(chatTitle(message), title);
    }
};

QTEST_GUILESS_MAIN(TestChatTitle)
#include "tst_chat_title.moc"
