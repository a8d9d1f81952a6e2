#pragma once

#include <QLocalServer>
#include <QLockFile>
#include <QObject>
#include <QString>

#include <memory>

/// Makes one process the owner of a profile. A later one hands over what it was asked for and ends; the owner raises
/// its window. GUI thread.
class SingleInstance : public QObject
{
    Q_OBJECT
public:
    explicit SingleInstance(const QString& profileDir, QObject* parent = nullptr);

    /// Takes the profile; false when another process has it. A profile that cannot be locked (read-only) is shared.
    bool own();
    /// Passes `model` (a path, may be empty) to the process that has the profile, which raises its window. Waits for
    /// its answer for two seconds at most, so it is for a process that has no window yet; false when none came.
    bool handOver(const QString& model) const;

signals:
    /// Another process was started on this profile; `model` may be empty.
    void raised(const QString& model);

private:
    void onConnection();

    QString m_profileDir;
    QString m_serverName;
    std::unique_ptr<QLockFile> m_lock;
    QLocalServer m_server;
};
