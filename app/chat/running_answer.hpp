#pragma once

#include <QString>

#include <optional>

#include "bridge/run_events.hpp"
#include "chat/think_timer.hpp"
#include "chat/token_rate.hpp"
#include "storage/message.hpp"

/// An answer while it is made: its text so far, what of it was checkpointed, its live figures. Constant work per token.
class RunningAnswer
{
public:
    RunningAnswer(qint64 chatId, const Message& message) : m_chatId(chatId), m_message(message) {}

    qint64 chatId() const { return m_chatId; }
    qint64 messageId() const { return m_message.id; }
    const QString& text() const { return m_text; }
    std::optional<double> tokensPerSecond() const { return m_rate.perSecond(); }

    const QString& modelName() const { return m_message.modelName; }
    void setModelName(const QString& name) { m_message.modelName = name; }
    void begin(const RunPrompt& prompt);
    void add(const RunToken& token);

    struct Chunk {
        int seq = 0;
        QString text;
    };
    /// What came since the last call; absent when nothing did.
    std::optional<Chunk> takeChunk();

    /// The message as it stands, still running.
    Message snapshot() const;
    /// The whole message with its measurements.
    Message finished(const RunFinished& end) const;
    Message failed(const QString& sentence) const;
    Message interrupted() const;

private:
    Message ended(MessageState state) const;

    qint64 m_chatId;
    Message m_message; ///< without the text
    QString m_text;
    qsizetype m_taken = 0; ///< characters handed out in chunks
    int m_seq = 0;
    int m_promptTokens = 0, m_tokens = 0;
    std::optional<double> m_firstTokenMs;
    ThinkTimer m_think;
    TokenRate m_rate;
};
