#include "storage/chat_search.hpp"

#include <QHash>
#include <QStringList>

#include <algorithm>

#include "storage/database.hpp"

using namespace Qt::StringLiterals;

namespace
{

bool writtenWithoutSpaces(const QString& word)
{
    return std::ranges::any_of(word.toUcs4(), [](char32_t c) {
        const QChar::Script script = QChar::script(c);
        return script == QChar::Script_Han || script == QChar::Script_Hiragana || script == QChar::Script_Katakana ||
               script == QChar::Script_Thai || script == QChar::Script_Lao || script == QChar::Script_Khmer ||
               script == QChar::Script_Myanmar;
    });
}

// unicode61 splits at everything but letters and digits; a query of punctuation alone matches nothing.
QString matchExpression(const QStringList& words)
{
    QStringList terms;
    for (QString word : words) {
        if (std::ranges::any_of(word, [](QChar c) { return c.isLetterOrNumber(); }) || word.size() > 1)
            terms << u'"' + word.replace(u'"', u"\"\""_s) + u"\"*"_s;
    }
    return terms.join(u" AND "_s);
}

QString likePattern(QString word)
{
    return u'%' + word.replace(u'\\', u"\\\\"_s).replace(u'%', u"\\%"_s).replace(u'_', u"\\_"_s) + u'%';
}

// Some words around the first hit, on one line.
QString excerpt(const QString& text, const QString& word)
{
    constexpr qsizetype before = 24, after = 60;
    const qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
    if (at < 0)
        return {};
    const qsizetype begin = std::max<qsizetype>(0, at - before);
    const qsizetype end = std::min(text.size(), at + word.size() + after);
    return ((begin > 0 ? u"…"_s : QString()) + text.mid(begin, end - begin) + (end < text.size() ? u"…"_s : QString()))
        .simplified();
}

class Hits
{
public:
    explicit Hits(int limit) : m_limit(limit) {}

    void add(qint64 id, const QString& title, qint64 updatedMs, const QString& snippet)
    {
        if (const auto known = m_rows.constFind(id); known != m_rows.cend()) {
            if (m_chats[*known].snippet.isEmpty())
                m_chats[*known].snippet = snippet;
        } else if (m_chats.size() < m_limit) {
            m_rows.insert(id, m_chats.size());
            m_chats << ChatSummary{.id = id, .title = title, .updatedMs = updatedMs, .snippet = snippet};
        }
    }

    QList<ChatSummary> take() { return std::move(m_chats); }

private:
    int m_limit;
    QList<ChatSummary> m_chats;
    QHash<qint64, qsizetype> m_rows;
};

void searchIndexed(Database& database, const QString& expression, Hits& hits)
{
    QSqlQuery titles =
        database.run(u"SELECT c.id, c.title, c.updated FROM title_index i JOIN chats c ON c.id = i.rowid "
                     "WHERE title_index MATCH ? AND c.deleted = 0 ORDER BY c.updated DESC LIMIT 200"_s,
                     {expression});
    while (titles.next())
        hits.add(titles.value(0).toLongLong(), titles.value(1).toString(), titles.value(2).toLongLong(), {});
    QSqlQuery texts = database.run(
        u"SELECT c.id, c.title, c.updated, snippet(message_index, 0, '', '', '…', 14) FROM message_index i "
        "JOIN messages m ON m.id = i.rowid JOIN chats c ON c.id = m.chat_id "
        "WHERE message_index MATCH ? AND c.deleted = 0 ORDER BY rank LIMIT 1000"_s,
        {expression});
    while (texts.next())
        hits.add(texts.value(0).toLongLong(), texts.value(1).toString(), texts.value(2).toLongLong(),
                 texts.value(3).toString().simplified());
}

// Reads every message: the word index knows a run of such characters as one word only.
void searchAnywhere(Database& database, const QStringList& words, Hits& hits)
{
    QString where = u"c.deleted = 0"_s;
    QVariantList patterns;
    for (const QString& word : words) {
        where += u" AND (m.text LIKE ? ESCAPE '\\' OR c.title LIKE ? ESCAPE '\\')"_s;
        patterns << likePattern(word) << likePattern(word);
    }
    QSqlQuery rows =
        database.run(u"SELECT c.id, c.title, c.updated, m.text FROM messages m JOIN chats c ON c.id = m.chat_id "
                     "WHERE "_s +
                         where + u" ORDER BY c.updated DESC LIMIT 1000"_s,
                     patterns);
    while (rows.next())
        hits.add(rows.value(0).toLongLong(), rows.value(1).toString(), rows.value(2).toLongLong(),
                 excerpt(rows.value(3).toString(), words.first()));
}

} // namespace

QList<ChatSummary> searchChats(Database& database, const QString& query, int limit)
{
    const QStringList words = query.simplified().split(u' ', Qt::SkipEmptyParts);
    Hits hits(limit);
    if (std::ranges::any_of(words, writtenWithoutSpaces))
        searchAnywhere(database, words, hits);
    else if (const QString expression = matchExpression(words); !expression.isEmpty())
        searchIndexed(database, expression, hits);
    return hits.take();
}
