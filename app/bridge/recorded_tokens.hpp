#pragma once

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QString>
#include <QThreadPool>

/// Reads which bytes of an answer came with which token from its trace, so that tokens of older answers can be clicked.
/// GUI thread; files are read on a worker, one after the other.
class RecordedTokens : public QObject
{
    Q_OBJECT
public:
    explicit RecordedTokens(QObject* parent = nullptr);
    ~RecordedTokens() override;

    /// `loaded` follows when the trace is there and readable.
    void load(qint64 messageId, const QString& tracePath);
    /// Forgets what was asked for and is not read yet.
    void clear();

signals:
    /// The bytes each token added to the answer, and its place in the context.
    void loaded(qint64 messageId, const QList<QByteArray>& pieces, const QList<int>& positions);

private:
    quint64 m_round = 0; ///< what earlier rounds bring is dropped
    QThreadPool m_pool;  ///< last: its thread ends before the members it reports to
};
