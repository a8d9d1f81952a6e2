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
    enum Role {
        Owner,      ///< this process works on the profile
        HandedOver, ///< another one does, and has been told
        Silent,     ///< another one does, but does not answer
    };

    explicit SingleInstance(const QString& profileDir, QObject* parent = nullptr);

    /// Takes the profile, or passes `model` (a path, may be empty) to the process that has it. May wait two seconds for
    /// that process's answer; called before there is a window. A profile that cannot be locked (read-only) is shared.
    Role claim(const QString& model);

signals:
    /// Another process was started on this profile; `model` may be empty.
    void raised(const QString& model);

private:
    void onConnection();
    bool handOver(const QString& model) const;

    QString m_profileDir;
    QString m_serverName;
    std::unique_ptr<QLockFile> m_lock;
    QLocalServer m_server;
};
