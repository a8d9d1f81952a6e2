#include "storage/database.hpp"

#include <QSqlError>

#include <atomic>
#include <optional>

using namespace Qt::StringLiterals;

namespace
{

// Primary result codes of SQLite (https://sqlite.org/rescode.html); extended codes carry them in the low byte.
StorageFault faultOf(const QSqlError& error)
{
    switch (error.nativeErrorCode().toInt() & 0xff) {
    case 13: // FULL
        return StorageFault::Full;
    case 3:  // PERM
    case 8:  // READONLY
    case 10: // IOERR
    case 14: // CANTOPEN
        return StorageFault::Unwritable;
    case 5: // BUSY
    case 6: // LOCKED
        return StorageFault::Busy;
    case 11: // CORRUPT
    case 26: // NOTADB
        return StorageFault::Damaged;
    default:
        return StorageFault::Other;
    }
}

StorageError failure(const QSqlError& error, const QString& sql)
{
    return {faultOf(error), u"%1 (code %2) in: %3"_s.arg(error.databaseText(), error.nativeErrorCode(), sql)};
}

QString freshConnectionName()
{
    static std::atomic<quint64> n = 0;
    return u"conclave-%1"_s.arg(++n);
}

} // namespace

Database::Database(const QString& file)
    : m_file(file), m_connectionName(freshConnectionName()),
      m_connection(QSqlDatabase::addDatabase(u"QSQLITE"_s, m_connectionName))
{
    m_connection.setDatabaseName(file);
    m_connection.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=5000"_s);
    try {
        if (!m_connection.open())
            throw failure(m_connection.lastError(), u"open %1"_s.arg(file));
        run(u"PRAGMA journal_mode = WAL"_s);
        run(u"PRAGMA foreign_keys = ON"_s);
        run(u"PRAGMA synchronous = NORMAL"_s);
        run(u"PRAGMA secure_delete = FAST"_s); // what was deleted leaves no text in the pages that are rewritten
    } catch (const StorageError&) {
        m_connection = {};
        QSqlDatabase::removeDatabase(m_connectionName);
        throw;
    }
}

Database::~Database()
{
    m_connection.close();
    m_connection = {}; // removeDatabase warns about handles still in use
    QSqlDatabase::removeDatabase(m_connectionName);
}

QSqlQuery Database::run(const QString& sql, const QVariantList& values)
{
    QSqlQuery query(m_connection);
    query.setForwardOnly(true);
    if (!query.prepare(sql))
        throw failure(query.lastError(), sql);
    for (const QVariant& value : values)
        query.addBindValue(value);
    if (!query.exec())
        throw failure(query.lastError(), sql);
    return query;
}

void Database::setDurable(bool durable)
{
    if (durable == m_durable)
        return;
    run(durable ? u"PRAGMA synchronous = FULL"_s : u"PRAGMA synchronous = NORMAL"_s);
    m_durable = durable;
}

QString Database::integrityFindings()
{
    QStringList findings;
    QSqlQuery query = run(u"PRAGMA integrity_check(20)"_s);
    while (query.next())
        findings << query.value(0).toString();
    return findings == QStringList{u"ok"_s} ? QString() : findings.join(u'\n');
}

void Database::rollback()
{
    // SQLite may have rolled back by itself (after FULL or IOERR); "no transaction is active" is then all it says.
    QSqlQuery(m_connection).exec(u"ROLLBACK"_s);
}
