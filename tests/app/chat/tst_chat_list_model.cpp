#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "chat/chat_list_model.hpp"
#include "storage/store.hpp"

using namespace Qt::StringLiterals;

class TestChatListModel : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase()
    {
        QSignalSpy opened(&m_store, &Store::opened);
        m_store.open();
        QVERIFY(m_store.isOpen() || opened.wait());
        const qint64 day = 86'400'000, now = QDateTime::currentMSecsSinceEpoch();
        add(1, u"Old"_s, u"walnut bread"_s, now - 30 * day);
        add(2, u"Last week"_s, u"nothing"_s, now - 4 * day);
        add(3, u"Before"_s, u"walnut cake"_s, now - day);
        add(4, u"Now"_s, u"hello"_s, now);
    }
    void init()
    {
        m_model = std::make_unique<ChatListModel>(m_store);
        m_tester = std::make_unique<QAbstractItemModelTester>(m_model.get(),
                                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        load();
    }

    void listsNewestFirstWithSections()
    {
        QCOMPARE(titles(), QStringList({u"Now"_s, u"Before"_s, u"Last week"_s, u"Old"_s}));
        QStringList sections;
        for (int row = 0; row < m_model->rowCount(); ++row)
            sections << m_model->data(m_model->index(row), ChatListModel::SectionRole).toString();
        QCOMPARE(sections, QStringList({u"Today"_s, u"Yesterday"_s, u"Previous 7 days"_s, u"Earlier"_s}));
        QCOMPARE(m_model->roleNames().value(ChatListModel::ChatIdRole), "chatId"_ba);
        QCOMPARE(m_model->newest(), 4);
    }

    void searchesAndComesBack()
    {
        QSignalSpy loaded(m_model.get(), &ChatListModel::loaded);
        m_model->setQuery(u"wal"_s);
        m_model->setQuery(u"waln"_s); // the answer to the first is dropped
        QVERIFY(loaded.wait());
        const QStringList found = titles();
        QCOMPARE(QSet<QString>(found.cbegin(), found.cend()), QSet<QString>({u"Before"_s, u"Old"_s}));
        QVERIFY(m_model->data(m_model->index(0), ChatListModel::SnippetRole).toString().contains(u"walnut"));
        m_model->setQuery({});
        QVERIFY(loaded.wait());
        QCOMPARE(loaded.size(), 2);
        QCOMPARE(m_model->count(), 4);
    }

    void changesRowsInPlace()
    {
        QSignalSpy reset(m_model.get(), &QAbstractItemModel::modelReset);
        m_model->put({.id = 2, .updatedMs = QDateTime::currentMSecsSinceEpoch()});
        m_model->put({.id = 9, .title = u"New"_s, .updatedMs = QDateTime::currentMSecsSinceEpoch()});
        m_model->rename(1, u"Renamed"_s);
        m_model->remove(3);
        m_model->setCurrent(4);
        QCOMPARE(titles(), QStringList({u"New"_s, u"Last week"_s, u"Now"_s, u"Renamed"_s}));
        QVERIFY(m_model->data(m_model->index(2), ChatListModel::IsCurrentRole).toBool());
        QVERIFY(!m_model->data(m_model->index(0), ChatListModel::IsCurrentRole).toBool());
        QCOMPARE(reset.size(), 0);
    }

private:
    void add(qint64 chat, const QString& title, const QString& text, qint64 ms)
    {
        m_store.commitMessage(chat, title, {.id = m_store.newMessageId(), .text = text, .createdMs = ms}, this, {});
    }
    void load()
    {
        QSignalSpy loaded(m_model.get(), &ChatListModel::loaded);
        m_model->reload();
        QVERIFY(loaded.wait());
    }
    QStringList titles() const
    {
        QStringList all;
        for (int row = 0; row < m_model->rowCount(); ++row)
            all << m_model->data(m_model->index(row), ChatListModel::TitleRole).toString();
        return all;
    }

    QTemporaryDir m_dir;
    Store m_store{m_dir.path()};
    std::unique_ptr<ChatListModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

QTEST_MAIN(TestChatListModel)
#include "tst_chat_list_model.moc"
