#include "system/single_instance.hpp"

#include <QCryptographicHash>
#include <QDeadlineTimer>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QLoggingCategory>
#include <QThread>

Q_LOGGING_CATEGORY(logSystem, "conclave.system")

using namespace Qt::StringLiterals;

namespace
{

constexpr int answerWithinMs = 2000;
constexpr qsizetype longestMessage = 64 * 1024;

// Short, because a socket's path has at most 107 bytes.
QString serverNameOf(const QString& profileDir)
{
    const QByteArray hash =
        QCryptographicHash::hash(QFileInfo(profileDir).absoluteFilePath().toUtf8(), QCryptographicHash::Sha256);
    return u"conclave-"_s + QString::fromLatin1(hash.toHex().first(16));
}

} // namespace

SingleInstance::SingleInstance(const QString& profileDir, QObject* parent)
    : QObject(parent), m_profileDir(profileDir), m_serverName(serverNameOf(profileDir))
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::onConnection);
}

bool SingleInstance::own()
{
    QDir().mkpath(m_profileDir);
    m_lock = std::make_unique<QLockFile>(QDir(m_profileDir).filePath(u"lock"_s));
    m_lock->setStaleLockTime(0); // a lock ends with its process, however long that lives
    if (!m_lock->tryLock(0) && m_lock->error() == QLockFile::LockFailedError)
        return false;
    QLocalServer::removeServer(m_serverName); // of a process that was killed; the lock says nobody listens
    if (!m_server.listen(m_serverName))
        qCWarning(logSystem).noquote() << "a second start will not find this window:" << m_server.errorString();
    return true;
}

bool SingleInstance::handOver(const QString& model) const
{
    const QByteArray message = QJsonDocument(QJsonObject{{u"open"_s, model}}).toJson(QJsonDocument::Compact) + '\n';
    QDeadlineTimer deadline(answerWithinMs);
    while (!deadline.hasExpired()) {
        QLocalSocket socket;
        socket.connectToServer(m_serverName);
        if (socket.waitForConnected(int(deadline.remainingTime()))) {
            socket.write(message);
            socket.flush();
            return socket.waitForReadyRead(int(deadline.remainingTime())) && socket.readLine() == "ok\n";
        }
        QThread::msleep(20); // the owner has its lock and is about to listen
    }
    return false;
}

void SingleInstance::onConnection()
{
    while (QLocalSocket* socket = m_server.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] {
            if (socket->canReadLine()) {
                const QJsonObject message = QJsonDocument::fromJson(socket->readLine()).object();
                socket->write("ok\n");
                socket->flush();
                emit raised(message.value(u"open"_s).toString());
            } else if (socket->bytesAvailable() > longestMessage) {
                socket->abort();
            }
        });
    }
}
