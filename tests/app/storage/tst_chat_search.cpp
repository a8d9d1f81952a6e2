#include <QTemporaryDir>
#include <QTest>

#include "storage/chat_records.hpp"
#include "storage/chat_search.hpp"
#include "storage/database.hpp"
#include "storage/schema.hpp"

using namespace Qt::StringLiterals;

class TestChatSearch : public QObject
{
    Q_OBJECT
private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_database = std::make_unique<Database>(m_dir->filePath(u"s.db"_s));
        migrate(*m_database);
        chat(1, u"Routers and experts"_s, {u"What is a router?"_s, u"A router picks experts for each token."_s});
        chat(2, u"Cooking"_s, {u"A recipe with zucchini, please"_s, u"Slice the Zucchini; 100% olive_oil helps."_s});
        chat(3, u"Übermäßig"_s, {u"naïve café"_s});
        chat(4, u"专家"_s, {u"混合专家模型是什么？"_s, u"每个词元都由路由器分配给专家。"_s});
    }
    void cleanup() { m_database.reset(); }

    void finds_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QList<qint64>>("chats");
        const auto row = [](const char* name, const QString& query, const QList<qint64>& chats) {
            QTest::newRow(name) << query << chats;
        };
        row("word", u"router"_s, {1});
        row("beginning", u"zucc"_s, {2});
        row("title", u"cook"_s, {2});
        row("two words", u"token router"_s, {1});
        row("both must be there", u"router zucchini"_s, {});
        row("accents are optional", u"cafe"_s, {3});
        row("title with accents", u"ubermaßig"_s, {3});
        row("Chinese inside a run", u"专家"_s, {4});
        row("Chinese with a wildcard", u"专%"_s, {});
        row("quotes are text", u"\"router"_s, {1});
        row("operators are text", u"router OR"_s, {});
        row("a column filter is text", u"text:router"_s, {});
        row("parentheses", u"router)"_s, {1});
        row("punctuation alone", u"*"_s, {});
        row("nothing", u"  "_s, {});
    }

    void finds()
    {
        QFETCH(QString, query);
        QFETCH(QList<qint64>, chats);
        QList<qint64> found;
        for (const ChatSummary& chat : searchChats(*m_database, query))
            found << chat.id;
        std::ranges::sort(found);
        QCOMPARE(found, chats);
    }

    void snippetShowsTheWords()
    {
        const QList<ChatSummary> found = searchChats(*m_database, u"zucch"_s);
        QCOMPARE(found.size(), 1);
        QVERIFY(found.first().snippet.contains(u"zucchini"_s, Qt::CaseInsensitive));
        const QList<ChatSummary> chinese = searchChats(*m_database, u"模型"_s);
        QCOMPARE(chinese.size(), 1);
        QVERIFY(chinese.first().snippet.contains(u"模型"_s));
    }

    void followsWhatChanges()
    {
        chat_records::finishMessage(*m_database, Message{.id = 11, .text = u"walrus"_s});
        QCOMPARE(searchChats(*m_database, u"walrus"_s).size(), 1);
        chat_records::rename(*m_database, 2, u"Penguins"_s);
        QCOMPARE(searchChats(*m_database, u"cook"_s).size(), 0);
        QCOMPARE(searchChats(*m_database, u"peng"_s).size(), 1);
        chat_records::setDeleted(*m_database, 2, 5);
        QCOMPARE(searchChats(*m_database, u"peng"_s).size(), 0);
        chat_records::purgeDeleted(*m_database);
        chat_records::purgeDeleted(*m_database);
        QCOMPARE(m_database->integrityFindings(), QString());
        m_database->run(
            u"INSERT INTO message_index(message_index) VALUES ('integrity-check')"_s); // throws when out of step
        m_database->run(u"INSERT INTO title_index(title_index) VALUES ('integrity-check')"_s);
    }

private:
    void chat(qint64 id, const QString& title, const QStringList& texts)
    {
        chat_records::touchChat(*m_database, id, title, id);
        qint64 parent = 0;
        for (qsizetype i = 0; i < texts.size(); ++i) {
            const Message message{.id = id * 10 + i,
                                  .parentId = parent,
                                  .author = i % 2 ? Author::Assistant : Author::User,
                                  .text = texts[i]};
            chat_records::insertMessage(*m_database, id, message);
            parent = message.id;
        }
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Database> m_database;
};

QTEST_GUILESS_MAIN(TestChatSearch)
#include "tst_chat_search.moc"
