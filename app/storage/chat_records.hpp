#pragma once

#include <QDir>
#include <QList>
#include <QString>

#include "storage/chat_summary.hpp"
#include "storage/message.hpp"

class Database;

/// The statements behind Store: chats, the tree of messages, the chunks of running answers. Every function throws
/// StorageError; those that write expect to run inside a transaction.
namespace chat_records
{

/// Newest first, without deleted ones.
QList<ChatSummary> list(Database& database);
/// Absent chat: id 0. Trace names become paths in `traces`.
ChatRecord load(Database& database, qint64 chatId, const QDir& traces);
qint64 lastChatId(Database& database);
qint64 lastMessageId(Database& database);

/// Makes the chat when it is not there yet; an empty title leaves the present one.
void touchChat(Database& database, qint64 chatId, const QString& title, qint64 nowMs);
/// Adds a message and makes it the end of the branch that is shown.
void insertMessage(Database& database, qint64 chatId, const Message& message);
/// Repeating a chunk that is there already changes nothing.
void appendChunk(Database& database, qint64 messageId, int seq, const QString& text);
/// Writes the final text, state and statistics and drops the chunks. A removed message stays removed.
void finishMessage(Database& database, const Message& message);
/// Folds the chunks of answers that were running when the program died. Returns how many there were.
int recoverInterrupted(Database& database);

void setCurrentLeaf(Database& database, qint64 chatId, qint64 messageId);
void rename(Database& database, qint64 chatId, const QString& title);
/// `whenMs` 0 brings it back.
void setDeleted(Database& database, qint64 chatId, qint64 whenMs);
/// Removes for good what was deleted; returns the names of the trace files that nothing refers to any more.
QStringList purgeDeleted(Database& database);
void forgetTraces(Database& database, const QStringList& names);

} // namespace chat_records
