#include "storage/chat_records.hpp"

#include <QFileInfo>

#include <bit>

#include "storage/database.hpp"

using namespace Qt::StringLiterals;

namespace
{

template <class T>
QVariant orNull(const std::optional<T>& value)
{
    return value ? QVariant(*value) : QVariant();
}

QVariant bitsOrNull(const std::optional<quint64>& value)
{
    return value ? QVariant(std::bit_cast<qint64>(*value)) : QVariant();
}

std::optional<double> optionalDouble(const QVariant& v)
{
    return v.isNull() ? std::nullopt : std::optional(v.toDouble());
}

std::optional<int> optionalInt(const QVariant& v)
{
    return v.isNull() ? std::nullopt : std::optional(v.toInt());
}

std::optional<quint64> optionalBits(const QVariant& v)
{
    return v.isNull() ? std::nullopt : std::optional(std::bit_cast<quint64>(v.toLongLong()));
}

QVariantList statsValues(const MessageStats& s)
{
    return {orNull(s.ttftMs),        orNull(s.decodeTps),
            orNull(s.prefillTps),    orNull(s.nPrompt),
            orNull(s.nCached),       orNull(s.nGenerated),
            orNull(s.thinkMs),       bitsOrNull(s.seed),
            bitsOrNull(s.sumCounts), s.stop.isNull() ? u""_s : s.stop};
}

// A null QString would be stored as NULL, which NOT NULL columns refuse.
QString text(const QString& s)
{
    return s.isNull() ? u""_s : s;
}

QString traceName(const QString& path)
{
    return path.isEmpty() ? u""_s : QFileInfo(path).fileName();
}

qint64 firstNumber(QSqlQuery query)
{
    return query.next() ? query.value(0).toLongLong() : 0;
}

QStringList firstColumn(QSqlQuery query)
{
    QStringList values;
    while (query.next())
        values << query.value(0).toString();
    return values;
}

} // namespace

QList<ChatSummary> chat_records::list(Database& database)
{
    QList<ChatSummary> chats;
    QSqlQuery q =
        database.run(u"SELECT id, title, updated FROM chats WHERE deleted = 0 ORDER BY updated DESC, id DESC"_s);
    while (q.next())
        chats << ChatSummary{
            .id = q.value(0).toLongLong(), .title = q.value(1).toString(), .updatedMs = q.value(2).toLongLong()};
    return chats;
}

ChatRecord chat_records::load(Database& database, qint64 chatId, const QDir& traces)
{
    ChatRecord chat;
    {
        QSqlQuery q =
            database.run(u"SELECT id, title, current_leaf FROM chats WHERE id = ? AND deleted = 0"_s, {chatId});
        if (!q.next())
            return chat;
        chat = {.id = chatId, .title = q.value(1).toString(), .currentLeaf = q.value(2).toLongLong()};
    }
    QSqlQuery q = database.run(
        u"SELECT id, parent_id, author, state, created, text, error, model, trace, prompt_tokens, ttft_ms, decode_tps, "
        "prefill_tps, n_prompt, n_cached, n_generated, think_ms, seed, sum_counts, stop FROM messages WHERE chat_id = "
        "? "
        "ORDER BY id"_s,
        {chatId});
    while (q.next()) {
        Message m;
        m.id = q.value(0).toLongLong();
        m.parentId = q.value(1).toLongLong();
        m.author = Author(q.value(2).toInt());
        m.state = MessageState(q.value(3).toInt());
        m.createdMs = q.value(4).toLongLong();
        m.text = q.value(5).toString();
        m.error = q.value(6).toString();
        m.modelName = q.value(7).toString();
        const QString trace = q.value(8).toString();
        m.tracePath = trace.isEmpty() ? QString() : traces.filePath(trace);
        m.promptTokens = q.value(9).toInt();
        m.stats = {.ttftMs = optionalDouble(q.value(10)),
                   .decodeTps = optionalDouble(q.value(11)),
                   .prefillTps = optionalDouble(q.value(12)),
                   .nPrompt = optionalInt(q.value(13)),
                   .nCached = optionalInt(q.value(14)),
                   .nGenerated = optionalInt(q.value(15)),
                   .thinkMs = optionalDouble(q.value(16)),
                   .seed = optionalBits(q.value(17)),
                   .sumCounts = optionalBits(q.value(18)),
                   .stop = q.value(19).toString()};
        chat.messages << m;
    }
    return chat;
}

qint64 chat_records::lastChatId(Database& database)
{
    return firstNumber(database.run(u"SELECT max(id) FROM chats"_s));
}

qint64 chat_records::lastMessageId(Database& database)
{
    return firstNumber(database.run(u"SELECT max(id) FROM messages"_s));
}

void chat_records::touchChat(Database& database, qint64 chatId, const QString& title, qint64 nowMs)
{
    database.run(u"INSERT INTO chats(id, title, created, updated) VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
                 "updated = excluded.updated, title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END"_s,
                 {chatId, text(title), nowMs, nowMs});
}

void chat_records::insertMessage(Database& database, qint64 chatId, const Message& m)
{
    database.run(u"INSERT INTO messages(id, chat_id, parent_id, author, state, created, text, error, model, trace, "
                 u"prompt_tokens, "
                 "ttft_ms, decode_tps, prefill_tps, n_prompt, n_cached, n_generated, think_ms, seed, sum_counts, stop) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
                 QVariantList{m.id, chatId, m.parentId, int(m.author), int(m.state), m.createdMs, text(m.text),
                              text(m.error), text(m.modelName), traceName(m.tracePath), m.promptTokens} +
                     statsValues(m.stats));
    setCurrentLeaf(database, chatId, m.id);
}

void chat_records::appendChunk(Database& database, qint64 messageId, int seq, const QString& chunk)
{
    // From a SELECT, so that a chunk for a message that is gone meanwhile is no foreign-key failure.
    database.run(
        u"INSERT OR IGNORE INTO message_chunks(message_id, seq, text) SELECT id, ?, ? FROM messages WHERE id = ?"_s,
        {seq, text(chunk), messageId});
}

void chat_records::finishMessage(Database& database, const Message& m)
{
    database.run(
        u"UPDATE messages SET state = ?, text = ?, error = ?, model = ?, trace = ?, prompt_tokens = ?, ttft_ms = ?, "
        "decode_tps = ?, prefill_tps = ?, n_prompt = ?, n_cached = ?, n_generated = ?, think_ms = ?, seed = ?, "
        "sum_counts = ?, stop = ? WHERE id = ?"_s,
        QVariantList{int(m.state), text(m.text), text(m.error), text(m.modelName), traceName(m.tracePath),
                     m.promptTokens} +
            statsValues(m.stats) + QVariantList{m.id});
    database.run(u"DELETE FROM message_chunks WHERE message_id = ?"_s, {m.id});
}

int chat_records::recoverInterrupted(Database& database)
{
    const QStringList running =
        firstColumn(database.run(u"SELECT id FROM messages WHERE state = ?"_s, {int(MessageState::Streaming)}));
    for (const QString& id : running) {
        const QString tail =
            firstColumn(
                database.run(u"SELECT text FROM message_chunks WHERE message_id = ? ORDER BY seq"_s, {id.toLongLong()}))
                .join(QString());
        database.run(u"UPDATE messages SET text = text || ?, state = ? WHERE id = ?"_s,
                     {text(tail), int(MessageState::Interrupted), id.toLongLong()});
        database.run(u"DELETE FROM message_chunks WHERE message_id = ?"_s, {id.toLongLong()});
    }
    return int(running.size());
}

void chat_records::setCurrentLeaf(Database& database, qint64 chatId, qint64 messageId)
{
    database.run(u"UPDATE chats SET current_leaf = ? WHERE id = ?"_s, {messageId, chatId});
}

void chat_records::rename(Database& database, qint64 chatId, const QString& title)
{
    database.run(u"UPDATE chats SET title = ? WHERE id = ?"_s, {text(title), chatId});
}

void chat_records::setDeleted(Database& database, qint64 chatId, qint64 whenMs)
{
    database.run(u"UPDATE chats SET deleted = ? WHERE id = ?"_s, {whenMs, chatId});
}

QStringList chat_records::purgeDeleted(Database& database)
{
    const QStringList traces = firstColumn(database.run(
        u"SELECT trace FROM messages WHERE trace <> '' AND chat_id IN (SELECT id FROM chats WHERE deleted <> 0)"_s));
    database.run(u"DELETE FROM chats WHERE deleted <> 0"_s);
    return traces;
}

void chat_records::forgetTraces(Database& database, const QStringList& names)
{
    for (const QString& name : names)
        database.run(u"UPDATE messages SET trace = '' WHERE trace = ?"_s, {name});
}
