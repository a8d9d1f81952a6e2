#pragma once

#include <QString>

#include <optional>

/// Who wrote a message. Stored on disk: never renumber.
enum class Author : int { System = 0, User = 1, Assistant = 2 };

/// How far an answer came. Stored on disk: never renumber.
enum class MessageState : int { Complete = 0, Streaming = 1, Stopped = 2, Interrupted = 3, Failed = 4 };

/// Measurements of one answer; absent when not measured.
struct MessageStats {
    std::optional<double> ttftMs{}, decodeTps{}, prefillTps{};
    std::optional<int> nPrompt{}, nCached{}, nGenerated{};
    std::optional<double> thinkMs{}; ///< time between <think> and </think>
    std::optional<quint64> seed{}, sumCounts{};
    QString stop{};
};

/// One node of a chat's message tree.
struct Message {
    qint64 id = 0;
    qint64 parentId = 0; ///< 0: the first of its chat
    Author author = Author::User;
    QString text{};
    qint64 createdMs = 0; ///< Unix time
    MessageState state = MessageState::Complete;
    QString error{};      ///< one sentence when state is Failed
    QString modelName{};  ///< of an answer
    QString tracePath{};  ///< of an answer; empty when none was recorded
    int promptTokens = 0; ///< position of an answer's first token
    MessageStats stats{};
    int siblingIndex = 0; ///< among the versions of this message
    int siblingCount = 1;
};
