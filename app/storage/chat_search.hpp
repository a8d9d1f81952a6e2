#pragma once

#include <QList>
#include <QString>

#include "storage/chat_summary.hpp"

class Database;

/// Chats whose title or any message holds every word of `query`, each as the beginning of a word; best first, at most
/// `limit`. Words in scripts written without spaces are looked for anywhere. Throws StorageError.
QList<ChatSummary> searchChats(Database& database, const QString& query, int limit = 200);
