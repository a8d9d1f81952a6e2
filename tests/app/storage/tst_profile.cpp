#include <QTemporaryDir>
#include <QTest>

#include "storage/profile.hpp"

#ifdef Q_OS_UNIX
#include <unistd.h>
#endif

using namespace Qt::StringLiterals;

namespace
{

void addChat(Database& database, int id)
{
    database.run(u"INSERT INTO chats(id, title, created, updated) VALUES (?, 'x', 0, 0)"_s, {id});
}

int chats(Database& database)
{
    QSqlQuery query = database.run(u"SELECT count(*) FROM chats"_s);
    query.next();
    return query.value(0).toInt();
}

void overwrite(const QString& path, qint64 at, const QByteArray& bytes)
{
    QFile file(path);
    QVERIFY(file.open(QFile::ReadWrite));
    QVERIFY(file.seek(at));
    file.write(bytes);
}

} // namespace

class TestProfile : public QObject
{
    Q_OBJECT
private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void makesTheFolderAndKeepsWhatIsWritten()
    {
        const QString path = m_dir->filePath(u"a/b ö"_s);
        {
            Profile profile = openProfile(path);
            QCOMPARE(profile.notice, QString());
            QVERIFY(profile.isKept());
            QVERIFY(profile.traces.exists());
            addChat(*profile.database, 1);
        }
        Profile again = openProfile(path);
        QCOMPARE(chats(*again.database), 1);
    }

    void aFileThatIsNoDatabaseIsMovedAside()
    {
        {
            QFile file(m_dir->filePath(u"conclave.db"_s));
            QVERIFY(file.open(QFile::WriteOnly));
            file.write(QByteArray(5000, 'x'));
        }
        Profile profile = openProfile(m_dir->path());
        QVERIFY2(profile.notice.contains(u"conclave-damaged-"), qPrintable(profile.notice));
        QCOMPARE(chats(*profile.database), 0);
        addChat(*profile.database, 1);
        const QStringList kept = QDir(m_dir->path()).entryList({u"conclave-damaged-*.db"_s});
        QCOMPARE(kept.size(), 1);
        QCOMPARE(QFileInfo(m_dir->filePath(kept.first())).size(), 5000);
    }

    // Damage inside a page shows only when the page is read; after an unclean end everything is read at opening.
    void damageInsideIsFoundAfterAnUncleanEnd()
    {
        {
            Profile profile = openProfile(m_dir->path());
            for (int i = 1; i < 400; ++i)
                profile.database->run(u"INSERT INTO chats(id, title, created, updated) VALUES (?, ?, 0, 0)"_s,
                                      {i, QString(300, u'a')});
        }
        const QString file = m_dir->filePath(u"conclave.db"_s);
        overwrite(file, QFileInfo(file).size() / 2 & ~4095, QByteArray(4096, char(0xA5)));
        Profile profile = openProfile(m_dir->path());
        QVERIFY2(profile.notice.contains(u"conclave-damaged-"), qPrintable(profile.notice));
        QVERIFY(profile.isKept());
        QCOMPARE(chats(*profile.database), 0);
    }

    void aNewerDatabaseIsLeftAlone()
    {
        {
            Profile profile = openProfile(m_dir->path());
            addChat(*profile.database, 1);
            profile.database->run(u"PRAGMA user_version = 999"_s);
        }
        {
            Profile profile = openProfile(m_dir->path());
            QVERIFY2(profile.notice.contains(u"newer"), qPrintable(profile.notice));
            QVERIFY(!profile.isKept());
            QCOMPARE(chats(*profile.database), 0);
            addChat(*profile.database, 2);
        }
        Database database(m_dir->filePath(u"conclave.db"_s));
        QCOMPARE(chats(database), 1);
    }

    void aFolderThatCannotBeMadeWorksInACopy()
    {
        {
            QFile file(m_dir->filePath(u"file"_s));
            QVERIFY(file.open(QFile::WriteOnly));
        }
        Profile profile = openProfile(m_dir->filePath(u"file/profile"_s));
        QVERIFY2(profile.notice.contains(u"cannot be written"), qPrintable(profile.notice));
        addChat(*profile.database, 1);
        QCOMPARE(chats(*profile.database), 1);
    }

    void aReadOnlyFolderShowsItsChatsFromACopy()
    {
#ifndef Q_OS_UNIX
        QSKIP("folder permissions work differently here");
#else
        {
            Profile profile = openProfile(m_dir->path());
            addChat(*profile.database, 1);
        }
        const QFile::Permissions readOnly = QFile::ReadOwner | QFile::ExeOwner | QFile::ReadGroup | QFile::ExeGroup |
                                            QFile::ReadOther | QFile::ExeOther;
        QVERIFY(QFile::setPermissions(m_dir->path(), readOnly));
        QVERIFY(QFile::setPermissions(m_dir->filePath(u"traces"_s), readOnly));
        // For the superuser nothing is read-only.
        const bool root = geteuid() == 0;
        if (root)
            QCOMPARE(seteuid(65534), 0);
        {
            Profile profile = openProfile(m_dir->path());
            QVERIFY2(profile.notice.contains(u"cannot be written"), qPrintable(profile.notice));
            QVERIFY(!profile.isKept());
            QCOMPARE(chats(*profile.database), 1);
            addChat(*profile.database, 2);
        }
        if (root)
            QCOMPARE(seteuid(0), 0);
        QVERIFY(QFile::setPermissions(m_dir->path(), readOnly | QFile::WriteOwner));
        Profile profile = openProfile(m_dir->path());
        QCOMPARE(chats(*profile.database), 1);
#endif
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(TestProfile)
#include "tst_profile.moc"
