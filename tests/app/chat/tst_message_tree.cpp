#include <QTest>

#include "chat/message_tree.hpp"

class TestMessageTree : public QObject
{
    Q_OBJECT
private slots:
    // 1 ─ 2 ─ 3 ─ 4
    //  └ 5 ─ 6   (5 is another version of 2)
    // 7           (another version of 1)
    void init()
    {
        m_tree.clear();
        for (const auto& [id, parent] : {std::pair{1, 0}, {2, 1}, {3, 2}, {4, 3}, {5, 1}, {6, 5}, {7, 0}})
            m_tree.insert({.id = id, .parentId = parent});
    }

    void pathsFollowParents()
    {
        QCOMPARE(ids(m_tree.pathTo(4)), QList<qint64>({1, 2, 3, 4}));
        QCOMPARE(ids(m_tree.pathTo(6)), QList<qint64>({1, 5, 6}));
        QCOMPARE(ids(m_tree.pathTo(0)), QList<qint64>());
        QCOMPARE(ids(m_tree.pathTo(99)), QList<qint64>());
    }

    void versionsAreNumbered()
    {
        QCOMPARE(m_tree.message(2).siblingIndex, 0);
        QCOMPARE(m_tree.message(5).siblingIndex, 1);
        QCOMPARE(m_tree.message(5).siblingCount, 2);
        QCOMPARE(m_tree.message(1).siblingCount, 2);
        QCOMPARE(m_tree.message(3).siblingCount, 1);
        QCOMPARE(m_tree.sibling(2, 1), 5);
        QCOMPARE(m_tree.sibling(5, -1), 2);
        QCOMPARE(m_tree.sibling(5, 1), 0);
        QCOMPARE(m_tree.sibling(99, 1), 0);
    }

    void newestLeafGoesDownTheNewestBranch()
    {
        QCOMPARE(m_tree.newestLeaf(0), 7);
        QCOMPARE(m_tree.newestLeaf(1), 6);
        QCOMPARE(m_tree.newestLeaf(2), 4);
        QCOMPARE(m_tree.newestLeaf(4), 4);
    }

    void aMissingLeafFallsBackToTheNewest()
    {
        m_tree.reset({{.id = 1}, {.id = 2, .parentId = 1}}, 77);
        QCOMPARE(m_tree.leaf(), 2);
        m_tree.reset({{.id = 1}, {.id = 2, .parentId = 1}}, 1);
        QCOMPARE(m_tree.leaf(), 1);
        m_tree.reset({}, 5);
        QCOMPARE(m_tree.leaf(), 0);
    }

    void damagedParentsDoNotLoop()
    {
        m_tree.reset({{.id = 1, .parentId = 2}, {.id = 2, .parentId = 1}, {.id = 3, .parentId = 3}}, 1);
        QVERIFY(m_tree.pathTo(1).size() <= 2);
        QVERIFY(m_tree.pathTo(3).size() <= 2);
        m_tree.newestLeaf(3);
    }

private:
    static QList<qint64> ids(const QList<Message>& path)
    {
        QList<qint64> list;
        for (const Message& message : path)
            list << message.id;
        return list;
    }
    MessageTree m_tree;
};

QTEST_GUILESS_MAIN(TestMessageTree)
#include "tst_message_tree.moc"
