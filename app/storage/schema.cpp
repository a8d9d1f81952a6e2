#include "storage/schema.hpp"

#include "storage/database.hpp"

using namespace Qt::StringLiterals;

const SchemaSteps& schemaSteps()
{
    static const SchemaSteps steps{
        {
            uR"(CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID)"_s,
            uR"(CREATE TABLE chats(
                id INTEGER PRIMARY KEY,
                title TEXT NOT NULL DEFAULT '',
                created INTEGER NOT NULL,              -- Unix time in ms, as everywhere here
                updated INTEGER NOT NULL,
                current_leaf INTEGER NOT NULL DEFAULT 0, -- last message of the branch that is shown
                deleted INTEGER NOT NULL DEFAULT 0))"_s, // when; 0: not deleted
            // parent_id is no foreign key: its cascade would recurse once per message, and SQLite stops at 1,000.
            uR"(CREATE TABLE messages(
                id INTEGER PRIMARY KEY,
                chat_id INTEGER NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
                parent_id INTEGER NOT NULL,            -- 0: the first of its chat
                author INTEGER NOT NULL,               -- enum Author
                state INTEGER NOT NULL,                -- enum MessageState
                created INTEGER NOT NULL,
                text TEXT NOT NULL,
                error TEXT NOT NULL DEFAULT '',
                model TEXT NOT NULL DEFAULT '',
                trace TEXT NOT NULL DEFAULT '',        -- file name inside the profile's traces folder
                prompt_tokens INTEGER NOT NULL DEFAULT 0,
                ttft_ms REAL, decode_tps REAL, prefill_tps REAL,
                n_prompt INTEGER, n_cached INTEGER, n_generated INTEGER,
                think_ms REAL,
                seed INTEGER, sum_counts INTEGER,      -- unsigned, kept as the signed number of the same bits
                stop TEXT NOT NULL DEFAULT ''))"_s,
            u"CREATE INDEX messages_of_chat ON messages(chat_id)"_s,
            u"CREATE INDEX messages_unfinished ON messages(id) WHERE state = 1"_s,
            // What a running answer grew by since the last checkpoint; folded into messages.text when it ends.
            uR"(CREATE TABLE message_chunks(
                message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
                seq INTEGER NOT NULL,
                text TEXT NOT NULL,
                PRIMARY KEY(message_id, seq)) WITHOUT ROWID)"_s,
            uR"(CREATE VIRTUAL TABLE message_index USING fts5(
                text, content='messages', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3'))"_s,
            uR"(CREATE VIRTUAL TABLE title_index USING fts5(
                title, content='chats', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3'))"_s,
            uR"(CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN
                INSERT INTO message_index(rowid, text) VALUES (new.id, new.text); END)"_s,
            uR"(CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
                INSERT INTO message_index(message_index, rowid, text) VALUES ('delete', old.id, old.text); END)"_s,
            uR"(CREATE TRIGGER messages_changed AFTER UPDATE OF text ON messages BEGIN
                INSERT INTO message_index(message_index, rowid, text) VALUES ('delete', old.id, old.text);
                INSERT INTO message_index(rowid, text) VALUES (new.id, new.text); END)"_s,
            uR"(CREATE TRIGGER chats_added AFTER INSERT ON chats BEGIN
                INSERT INTO title_index(rowid, title) VALUES (new.id, new.title); END)"_s,
            uR"(CREATE TRIGGER chats_removed AFTER DELETE ON chats BEGIN
                INSERT INTO title_index(title_index, rowid, title) VALUES ('delete', old.id, old.title); END)"_s,
            uR"(CREATE TRIGGER chats_changed AFTER UPDATE OF title ON chats BEGIN
                INSERT INTO title_index(title_index, rowid, title) VALUES ('delete', old.id, old.title);
                INSERT INTO title_index(rowid, title) VALUES (new.id, new.title); END)"_s,
        },
    };
    return steps;
}

void migrate(Database& database, const SchemaSteps& steps)
{
    QSqlQuery query = database.run(u"PRAGMA user_version"_s);
    query.next();
    const int version = query.value(0).toInt();
    query.finish(); // an open read would keep the steps' transactions from writing back
    if (version > int(steps.size()))
        throw NewerSchema{version};
    for (int step = version; step < int(steps.size()); ++step) {
        database.transaction([&] {
            for (const QString& sql : steps[size_t(step)])
                database.run(sql);
            database.run(u"PRAGMA user_version = %1"_s.arg(step + 1));
        });
    }
}
