#include "bridge/recorded_tokens.hpp"

#include <filesystem>

#include "bridge/recorded_text.hpp"
#include "conclave/trace.hpp"

RecordedTokens::RecordedTokens(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    m_pool.setThreadPriority(QThread::LowPriority);
}

RecordedTokens::~RecordedTokens()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void RecordedTokens::load(qint64 messageId, const QString& tracePath)
{
    m_pool.start([this, messageId, tracePath, round = m_round] {
        const auto trace = conclave::read_trace(std::filesystem::path(tracePath.toStdU16String()));
        if (!trace)
            return; // the inspector says why when it is asked for the answer's routes
        QList<QByteArray> pieces;
        QList<int> positions;
        RecordedText text(*trace);
        for (const conclave::TraceToken& token : trace->tokens) {
            if (token.generated) {
                pieces << text.next(token);
                positions << token.position;
            }
        }
        QMetaObject::invokeMethod(
            this,
            [this, messageId, pieces, positions, round] {
                if (round == m_round)
                    emit loaded(messageId, pieces, positions);
            },
            Qt::QueuedConnection);
    });
}

void RecordedTokens::clear()
{
    ++m_round;
    m_pool.clear();
}
