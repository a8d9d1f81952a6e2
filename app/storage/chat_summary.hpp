#pragma once

#include <QList>
#include <QString>

#include "storage/message.hpp"

/// One line of the list of chats.
struct ChatSummary {
    qint64 id = 0;
    QString title{};
    qint64 updatedMs = 0; ///< Unix time of the last message
    QString snippet{};    ///< words around a search hit, on one line; empty outside a search
};

/// A whole chat: every version of every message, by id.
struct ChatRecord {
    qint64 id = 0;
    QString title{};
    qint64 currentLeaf = 0; ///< last message of the branch that was shown
    QList<Message> messages{};
};
