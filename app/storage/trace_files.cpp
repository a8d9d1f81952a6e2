#include "storage/trace_files.hpp"

#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

void trace_files::remove(const QDir& traces, const QStringList& names)
{
    for (const QString& name : names) {
        // Names come from the database; one with a folder in it is not ours.
        if (!name.isEmpty() && QFileInfo(name).fileName() == name)
            QFile::remove(traces.filePath(name));
    }
}

QStringList trace_files::enforceLimit(const QDir& traces, qint64 limitBytes)
{
    QFileInfoList files = traces.entryInfoList({u"*.ctr"_s}, QDir::Files, QDir::Time); // newest first
    qint64 total = 0;
    for (const QFileInfo& file : files)
        total += file.size();
    QStringList removed;
    while (total > limitBytes && files.size() > 1) {
        const QFileInfo oldest = files.takeLast();
        total -= oldest.size();
        removed << oldest.fileName();
    }
    remove(traces, removed);
    return removed;
}
