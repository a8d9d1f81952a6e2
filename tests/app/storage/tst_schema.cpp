#include <QTemporaryDir>
#include <QTest>

#include "storage/database.hpp"
#include "storage/schema.hpp"

using namespace Qt::StringLiterals;

namespace
{

int number(Database& database, const QString& sql)
{
    QSqlQuery query = database.run(sql);
    return query.next() ? query.value(0).toInt() : -1;
}

} // namespace

class TestSchema : public QObject
{
    Q_OBJECT
private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void makesTheNewestVersion()
    {
        Database database(file());
        migrate(database);
        QCOMPARE(number(database, u"PRAGMA user_version"_s), int(schemaSteps().size()));
        database.run(u"INSERT INTO chats(id, created, updated) VALUES (1, 0, 0)"_s);
        QCOMPARE(number(database, u"SELECT count(*) FROM chats"_s), 1);
        QCOMPARE(database.integrityFindings(), QString());
    }

    void migratingAgainChangesNothing()
    {
        Database database(file());
        migrate(database);
        const int version = number(database, u"PRAGMA schema_version"_s);
        migrate(database);
        QCOMPARE(number(database, u"PRAGMA schema_version"_s), version);
    }

    // Every version that was ever written opens: today's file goes through the steps of a later program as well.
    void olderFilesMoveForwardKeepingTheirRows()
    {
        SchemaSteps later = schemaSteps();
        const int today = int(later.size());
        later.push_back({u"ALTER TABLE chats ADD COLUMN colour INTEGER NOT NULL DEFAULT 7"_s});
        later.push_back({u"CREATE TABLE extra(id INTEGER PRIMARY KEY)"_s, u"INSERT INTO extra SELECT id FROM chats"_s});
        for (int version = 0; version <= int(later.size()); ++version) {
            Database database(file(version));
            migrate(database, SchemaSteps(later.begin(), later.begin() + version));
            if (version >= today)
                database.run(u"INSERT INTO chats(id, title, created, updated) VALUES (5, 'kept', 1, 2)"_s);
            migrate(database, later);
            QCOMPARE(number(database, u"PRAGMA user_version"_s), int(later.size()));
            if (version >= today) {
                QCOMPARE(number(database, u"SELECT count(*) FROM chats WHERE title = 'kept' AND colour = 7"_s), 1);
                QCOMPARE(number(database, u"SELECT count(*) FROM extra"_s), version == int(later.size()) ? 0 : 1);
            }
        }
    }

    void aFailingStepLeavesTheOlderVersion()
    {
        Database database(file());
        migrate(database);
        SchemaSteps broken = schemaSteps();
        broken.push_back({u"CREATE TABLE half(id INTEGER)"_s, u"THIS IS NOT SQL"_s});
        bool threw = false;
        try {
            migrate(database, broken);
        } catch (const StorageError& error) {
            threw = true;
            QVERIFY(error.detail.contains(u"THIS IS NOT SQL"));
        }
        QVERIFY(threw);
        QCOMPARE(number(database, u"PRAGMA user_version"_s), int(schemaSteps().size()));
        QCOMPARE(number(database, u"SELECT count(*) FROM sqlite_master WHERE name = 'half'"_s), 0);
    }

    void aNewerFileIsRefusedUntouched()
    {
        Database database(file());
        migrate(database);
        database.run(u"PRAGMA user_version = 999"_s);
        int seen = 0;
        try {
            migrate(database);
        } catch (const NewerSchema& newer) {
            seen = newer.version;
        }
        QCOMPARE(seen, 999);
        QCOMPARE(number(database, u"PRAGMA user_version"_s), 999);
    }

    void fullIsToldFromOtherFaults()
    {
        Database database(file());
        migrate(database);
        database.run(u"CREATE TABLE filler(b BLOB)"_s);
        database.run(u"PRAGMA max_page_count = %1"_s.arg(number(database, u"PRAGMA page_count"_s) + 4));
        StorageFault fault = StorageFault::Other;
        try {
            database.transaction([&] { database.run(u"INSERT INTO filler VALUES (zeroblob(1000000))"_s); });
        } catch (const StorageError& error) {
            fault = error.fault;
        }
        QCOMPARE(fault, StorageFault::Full);
        QCOMPARE(number(database, u"SELECT count(*) FROM filler"_s), 0);
        database.transaction([&] { database.run(u"INSERT INTO filler VALUES (zeroblob(10))"_s); }); // works on
        QCOMPARE(number(database, u"SELECT count(*) FROM filler"_s), 1);
    }

private:
    QString file(int version = 0) const { return m_dir->filePath(u"%1.db"_s.arg(version)); }
    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(TestSchema)
#include "tst_schema.moc"
