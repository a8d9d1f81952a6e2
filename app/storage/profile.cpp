#include "storage/profile.hpp"

#include <QCoreApplication>
#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryFile>

#include "storage/schema.hpp"

using namespace Qt::StringLiterals;

namespace
{

struct Profiles {
    Q_DECLARE_TR_FUNCTIONS(Profiles)
};

constexpr auto databaseName = "conclave.db"_L1;
// SQLite keeps what is not yet in the main file beside it; the three belong together.
constexpr QLatin1StringView parts[] = {""_L1, "-wal"_L1, "-shm"_L1};

bool canWrite(const QDir& dir)
{
    const QFileInfo file(dir.filePath(databaseName));
    return QTemporaryFile(dir.filePath(u"probe-XXXXXX"_s)).open() && (!file.exists() || file.isWritable());
}

std::unique_ptr<QTemporaryDir> temporaryCopy(const QDir& source, bool withDatabase)
{
    auto dir = std::make_unique<QTemporaryDir>();
    if (!withDatabase || !dir->isValid())
        return dir;
    for (const QLatin1StringView part : parts) {
        const QString name = databaseName + part;
        // -shm is an index over -wal that SQLite builds anew.
        if (part != "-shm"_L1 && QFile::copy(source.filePath(name), dir->filePath(name)))
            QFile::setPermissions(dir->filePath(name), QFile::ReadOwner | QFile::WriteOwner);
    }
    return dir;
}

void checkUnlessClosedCleanly(Database& database)
{
    QSqlQuery clean = database.run(u"SELECT value FROM meta WHERE key = 'closed_cleanly'"_s);
    const bool skip = !clean.next() || clean.value(0).toString() == "1"_L1; // no row: a new file
    clean.finish();
    if (!skip) {
        if (const QString findings = database.integrityFindings(); !findings.isEmpty())
            throw StorageError{StorageFault::Damaged, findings};
    }
    database.run(u"INSERT OR REPLACE INTO meta(key, value) VALUES ('closed_cleanly', '0')"_s);
}

std::unique_ptr<Database> openDatabase(const QString& file)
{
    auto database = std::make_unique<Database>(file);
    migrate(*database);
    checkUnlessClosedCleanly(*database);
    return database;
}

// Returns the new name, or nothing when the file could not be moved.
QString moveAside(const QDir& dir)
{
    const QString stem = u"conclave-damaged-%1"_s.arg(QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmmss"_s));
    QString name = stem + ".db"_L1;
    for (int i = 2; QFile::exists(dir.filePath(name)); ++i)
        name = u"%1-%2.db"_s.arg(stem).arg(i);
    if (!QFile::rename(dir.filePath(databaseName), dir.filePath(name)))
        return {};
    for (const QLatin1StringView part : {parts[1], parts[2]})
        QFile::rename(dir.filePath(databaseName + part), dir.filePath(name + part));
    return name;
}

Profile openTemporary(const QDir& dir, bool withDatabase, const QString& notice)
{
    Profile profile;
    profile.notice = notice;
    profile.copy = temporaryCopy(dir, withDatabase);
    const bool valid = profile.copy->isValid();
    profile.traces = QDir(valid ? profile.copy->path() : QDir::tempPath());
    try {
        profile.database = openDatabase(valid ? profile.copy->filePath(databaseName) : u":memory:"_s);
    } catch (const StorageError&) { // the copy is as damaged as the original
        profile.database = openDatabase(u":memory:"_s);
    } catch (const NewerSchema&) {
        profile.database = openDatabase(u":memory:"_s);
    }
    return profile;
}

} // namespace

Profile openProfile(const QString& path)
{
    const QDir dir(path);
    if (!dir.mkpath(u"traces"_s) || !canWrite(dir)) {
        return openTemporary(
            dir, true,
            Profiles::tr("The profile folder %1 cannot be written, so what you do now is lost when Conclave "
                         "closes: allow writing to it, or start with --profile and another folder.")
                .arg(QDir::toNativeSeparators(path)));
    }
    Profile profile;
    profile.traces = QDir(dir.filePath(u"traces"_s));
    const QString file = dir.filePath(databaseName);
    try {
        profile.database = openDatabase(file);
    } catch (const NewerSchema& newer) {
        return openTemporary(
            dir, false,
            Profiles::tr("The chats in %1 were written by a newer Conclave (format %2), so they are left alone "
                         "and what you do now is lost at the end: update Conclave to see them.")
                .arg(QDir::toNativeSeparators(path))
                .arg(newer.version));
    } catch (const StorageError& error) {
        if (error.fault != StorageFault::Damaged) {
            return openTemporary(
                dir, true,
                Profiles::tr("The chats in %1 cannot be opened (%2), so what you do now is lost when Conclave "
                             "closes: free some space or close what uses the file, then start again.")
                    .arg(QDir::toNativeSeparators(path), error.detail));
        }
        const QString kept = moveAside(dir);
        if (kept.isEmpty())
            throw;
        profile.notice =
            Profiles::tr("The chats in %1 were damaged and could not be read; they are kept as %2, and Conclave "
                         "started with none.")
                .arg(QDir::toNativeSeparators(path), kept);
        profile.database = openDatabase(file);
    }
    return profile;
}

void markClosedCleanly(Database& database)
{
    database.run(u"UPDATE meta SET value = '1' WHERE key = 'closed_cleanly'"_s);
}
