#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "storage/database.hpp"
#include "storage/store.hpp"

#ifdef Q_OS_UNIX
#include <csignal>
#include <sys/resource.h>
#endif

using namespace Qt::StringLiterals;

class TestStore : public QObject
{
    Q_OBJECT
private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        open();
    }
    void cleanup() { m_store.reset(); }

    void anAnswerComesBackAsItWas()
    {
        const qint64 chat = m_store->newChatId();
        const Message question = add(chat, 0, u"What is a router?"_s, u"Routers"_s);
        Message answer{.id = m_store->newMessageId(),
                       .parentId = question.id,
                       .author = Author::Assistant,
                       .createdMs = 5,
                       .state = MessageState::Streaming,
                       .modelName = u"Guide-DS"_s,
                       .tracePath = m_store->tracesPath() + u"/7.ctr"_s};
        m_store->beginAnswer(chat, answer);
        answer.text = u"It picks experts. 🎉 \0."_s;
        answer.state = MessageState::Stopped;
        answer.promptTokens = 12;
        answer.stats = {.ttftMs = 31.5,
                        .nPrompt = 12,
                        .nGenerated = 4,
                        .seed = 0xFFFFFFFFFFFFFFFFull,
                        .sumCounts = 99,
                        .stop = u"stopped"_s};
        m_store->finishAnswer(answer);
        reopen();
        const ChatRecord record = load(chat);
        QCOMPARE(record.title, u"Routers"_s);
        QCOMPARE(record.currentLeaf, answer.id);
        QCOMPARE(record.messages.size(), 2);
        QCOMPARE(record.messages[0].text, question.text);
        const Message& read = record.messages[1];
        QCOMPARE(read.parentId, question.id);
        QCOMPARE(read.text, answer.text);
        QCOMPARE(read.state, MessageState::Stopped);
        QCOMPARE(read.modelName, answer.modelName);
        QCOMPARE(read.tracePath, answer.tracePath);
        QCOMPARE(read.promptTokens, 12);
        QVERIFY(read.stats.ttftMs == 31.5 && !read.stats.decodeTps && read.stats.nPrompt == 12 && !read.stats.nCached);
        QVERIFY(read.stats.seed == 0xFFFFFFFFFFFFFFFFull && read.stats.sumCounts == 99u);
        QCOMPARE(read.stats.stop, u"stopped"_s);
        QVERIFY(m_store->newMessageId() > answer.id);
    }

    void anAnswerCutShortKeepsItsCheckpoints()
    {
        const qint64 chat = m_store->newChatId();
        const Message question = add(chat, 0, u"q"_s);
        const Message answer{.id = m_store->newMessageId(),
                             .parentId = question.id,
                             .author = Author::Assistant,
                             .state = MessageState::Streaming};
        m_store->beginAnswer(chat, answer);
        for (int i = 0; i < 12; ++i) // past 9, so that an order by text would show
            m_store->checkpoint(answer.id, i, u"%1 "_s.arg(i));
        m_store->checkpoint(answer.id, 3, u"again"_s);
        reopen(); // without finishAnswer, as after a crash
        const ChatRecord record = load(chat);
        QCOMPARE(record.messages[1].text, u"0 1 2 3 4 5 6 7 8 9 10 11 "_s);
        QCOMPARE(record.messages[1].state, MessageState::Interrupted);
        QCOMPARE(findings(), QString());
    }

    void aCheckpointOfAMessageThatIsGoneIsNoFailure()
    {
        QSignalSpy failed(m_store.get(), &Store::failed);
        m_store->checkpoint(12345, 0, u"late"_s);
        settle();
        QCOMPARE(failed.size(), 0);
    }

    void deletedChatsComeBackOrGoWithTheirTraces()
    {
        const qint64 kept = m_store->newChatId(), gone = m_store->newChatId();
        const QString trace = m_store->tracesPath() + u"/gone.ctr"_s;
        QFile file(trace);
        QVERIFY(file.open(QFile::WriteOnly));
        file.close();
        add(kept, 0, u"keep"_s);
        const Message question = add(gone, 0, u"go"_s);
        m_store->finishAnswer({}); // unknown: changes nothing
        m_store->commitMessage(
            gone, {},
            {.id = m_store->newMessageId(), .parentId = question.id, .author = Author::Assistant, .tracePath = trace},
            this, [] {});
        m_store->deleteChat(kept);
        m_store->deleteChat(gone);
        QCOMPARE(list().size(), 0);
        m_store->restoreChat(kept);
        QCOMPARE(list().size(), 1);
        QCOMPARE(load(gone).id, 0);
        QVERIFY(QFile::exists(trace));
        reopen();
        QCOMPARE(list().size(), 1);
        QVERIFY(!QFile::exists(trace));
        m_store->restoreChat(gone);
        QCOMPARE(list().size(), 1);
        QCOMPARE(findings(), QString());
    }

    void tracesBeyondTheLimitGoOldestFirst()
    {
        const QDir dir(m_store->tracesPath());
        for (int i = 0; i < 5; ++i) {
            QFile file(dir.filePath(u"%1.ctr"_s.arg(i)));
            QVERIFY(file.open(QFile::ReadWrite));
            file.write(QByteArray(100, 'x'));
            file.flush();
            file.setFileTime(QDateTime::fromSecsSinceEpoch(1'000'000 + i), QFileDevice::FileModificationTime);
        }
        QCOMPARE(trace_files::enforceLimit(dir, 250), QStringList({u"0.ctr"_s, u"1.ctr"_s, u"2.ctr"_s}));
        QCOMPARE(dir.entryList({u"*.ctr"_s}), QStringList({u"3.ctr"_s, u"4.ctr"_s}));
        QCOMPARE(trace_files::enforceLimit(dir, 1), QStringList({u"3.ctr"_s})); // the newest stays
        trace_files::remove(dir, {u"../conclave.db"_s, u"4.ctr"_s});
        QVERIFY(QFile::exists(m_dir->filePath(u"conclave.db"_s)));
        QVERIFY(!dir.exists(u"4.ctr"_s));
    }

    void resultsOfAReceiverThatIsGoneAreDropped()
    {
        bool called = false;
        {
            QObject receiver;
            m_store->listChats(&receiver, [&](const auto&) { called = true; });
        }
        settle();
        QVERIFY(!called);
    }

    // A file-size limit stands for a full disk: SQLite sees a real failing write.
    void aFullDiskLosesNothing()
    {
#ifndef Q_OS_UNIX
        QSKIP("needs a file-size limit");
#else
        const qint64 chat = m_store->newChatId();
        const Message first = add(chat, 0, u"before"_s);
        QSignalSpy failed(m_store.get(), &Store::failed), recovered(m_store.get(), &Store::recovered);
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        QCOMPARE(getrlimit(RLIMIT_FSIZE, &before), 0);
        const rlimit small{rlim_t(QFileInfo(m_dir->filePath(u"conclave.db-wal"_s)).size()) + 8192, before.rlim_max};
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool committed = false;
        const Message big{.id = m_store->newMessageId(), .parentId = first.id, .text = QString(200'000, u'x')};
        m_store->commitMessage(chat, {}, big, this, [&] { committed = true; });
        const Message next{.id = m_store->newMessageId(), .parentId = big.id, .text = u"after"_s};
        m_store->commitMessage(chat, {}, next, this, [] {});
        const bool said = failed.wait(5000);
        QTest::qWait(2500);                                     // two more tries, silent
        const qsizetype meanwhile = load(chat).messages.size(); // reading goes on
        const bool early = committed;
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY(said);
        QCOMPARE(failed.size(), 1);
        QVERIFY(!early);
        QCOMPARE(meanwhile, 1);
        QVERIFY(recovered.size() == 1 || recovered.wait(5000));
        QVERIFY(committed);
        QCOMPARE(load(chat).messages.size(), 3);
        QCOMPARE(findings(), QString());
#endif
    }

    void anotherProgramHoldingTheFileIsWaitedFor()
    {
        Database other(m_dir->filePath(u"conclave.db"_s));
        other.run(u"BEGIN IMMEDIATE"_s);
        const qint64 chat = m_store->newChatId();
        bool committed = false;
        m_store->commitMessage(chat, {}, {.id = m_store->newMessageId(), .text = u"x"_s}, this,
                               [&] { committed = true; });
        QTest::qWait(300);
        QVERIFY(!committed);
        other.run(u"COMMIT"_s);
        QVERIFY(QTest::qWaitFor([&] { return bool(committed); }));
    }

private:
    void open()
    {
        m_store = std::make_unique<Store>(m_dir->path());
        QSignalSpy opened(m_store.get(), &Store::opened);
        m_store->open();
        QVERIFY(m_store->isOpen() || opened.wait(5000));
    }
    void reopen()
    {
        m_store->close();
        open();
    }
    void settle()
    {
        bool done = false;
        m_store->afterwards(this, [&] { done = true; });
        QVERIFY(QTest::qWaitFor([&] { return bool(done); }));
    }
    Message add(qint64 chat, qint64 parent, const QString& text, const QString& title = {})
    {
        const Message message{.id = m_store->newMessageId(), .parentId = parent, .text = text, .createdMs = 1};
        bool done = false;
        m_store->commitMessage(chat, title, message, this, [&] { done = true; });
        [&] { QVERIFY(QTest::qWaitFor([&] { return bool(done); })); }();
        return message;
    }
    ChatRecord load(qint64 chat)
    {
        std::optional<ChatRecord> record;
        m_store->loadChat(chat, this, [&](const ChatRecord& r) { record = r; });
        [&] { QVERIFY(QTest::qWaitFor([&] { return bool(record); })); }();
        return record.value_or(ChatRecord{});
    }
    QList<ChatSummary> list()
    {
        std::optional<QList<ChatSummary>> chats;
        m_store->listChats(this, [&](const QList<ChatSummary>& c) { chats = c; });
        [&] { QVERIFY(QTest::qWaitFor([&] { return bool(chats); })); }();
        return chats.value_or(QList<ChatSummary>{});
    }
    QString findings() const { return Database(m_dir->filePath(u"conclave.db"_s)).integrityFindings(); }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;
};

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
