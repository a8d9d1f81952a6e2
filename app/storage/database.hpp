#pragma once

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QString>
#include <QVariantList>

#include <concepts>
#include <utility>

/// Kinds of trouble a caller can do something about.
enum class StorageFault {
    Full,       ///< no space left
    Unwritable, ///< read-only, or the disk answers with an error
    Busy,       ///< another program holds it
    Damaged,    ///< not a database, or not a whole one
    Other,      ///< a mistake of ours: wrong SQL, broken constraint
};

/// A failed statement. Thrown inside the storage area only and caught once per job, on the storage thread.
struct StorageError {
    StorageFault fault = StorageFault::Other;
    QString detail; ///< SQLite's words and the statement
};

/// One SQLite connection through QtSql. Belongs to the thread that made it.
class Database
{
public:
    /// Opens or makes `file`, in write-ahead mode with foreign keys checked. Throws StorageError.
    explicit Database(const QString& file);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Runs one statement with its values in order of the question marks. Throws StorageError.
    QSqlQuery run(const QString& sql, const QVariantList& values = {});

    /// Runs `work` in one write transaction; rolls back and rethrows when it throws.
    template <std::invocable Work>
    void transaction(Work&& work)
    {
        run(QStringLiteral("BEGIN IMMEDIATE"));
        try {
            std::forward<Work>(work)();
            run(QStringLiteral("COMMIT"));
        } catch (const StorageError&) {
            rollback();
            throw;
        }
    }

    /// Whether a commit waits until the disk has it (survives a power cut) or until the system has it (survives a crash
    /// of this program). Outside of transactions only.
    void setDurable(bool durable);

    /// Empty when the whole file is sound, else the first findings, a line each. Reads everything.
    QString integrityFindings();

    const QString& file() const { return m_file; }

private:
    void rollback();

    QString m_file;
    QString m_connectionName;
    QSqlDatabase m_connection;
    bool m_durable = false;
};
