#include "chat/conversation_model.hpp"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>
#include <iterator>
#include <utility>

#include "chat/conversation_caches.hpp"

ConversationModel::ConversationModel(QObject* parent) : QAbstractListModel(parent)
{
    connect(&m_highlighter, &CodeHighlighter::highlighted, this, &ConversationModel::takeColours);
    m_footTimer.start();
}

ConversationModel::~ConversationModel() = default;

int ConversationModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

std::pair<ConversationModel::Entry*, int> ConversationModel::at(int row) const
{
    if (row < 0 || row >= m_rows)
        return {nullptr, 0};
    auto after = std::ranges::upper_bound(m_entries, row, {}, [](const auto& entry) { return entry->firstRow; });
    Entry* entry = std::prev(after)->get();
    return {entry, row - entry->firstRow};
}

void ConversationModel::renumber()
{
    m_rows = 0;
    for (const auto& entry : m_entries) {
        entry->firstRow = m_rows;
        m_rows += entry->shown;
    }
    if (const bool streaming = !m_entries.empty() && m_entries.back()->message.streaming(); streaming != m_streaming) {
        m_streaming = streaming;
        emit streamingChanged();
    }
}

void ConversationModel::setMessages(const QList<Message>& path)
{
    qsizetype shared = 0;
    while (shared < path.size() && shared < std::ssize(m_entries)) {
        const Message& old = m_entries[static_cast<size_t>(shared)]->message.message();
        if (old.id != path[shared].id || old.state != path[shared].state || old.text != path[shared].text)
            break;
        ++shared;
    }
    if (shared == 0) {
        beginResetModel();
        m_entries.clear();
        m_byId.clear();
        m_texts.clear();
        m_code.clear();
        m_columns.clear();
        for (const Message& message : path) {
            auto& entry = m_entries.emplace_back(std::make_unique<Entry>(message));
            entry->serial = m_nextSerial++;
            entry->shown = entry->message.rowCount();
            m_byId.insert(message.id, entry.get());
        }
        renumber();
        endResetModel();
    } else {
        for (qsizetype i = 0; i < shared; ++i)
            updateMessage(path[i]);
        while (std::ssize(m_entries) > shared) {
            Entry& last = *m_entries.back();
            removeRows(last, 0, last.shown);
            dropCaches(last.serial);
            m_byId.remove(last.message.message().id);
            m_entries.pop_back();
        }
        for (qsizetype i = shared; i < path.size(); ++i)
            insertEntry(path[i]);
        renumber();
    }
    if (m_selectedMessage != 0 && !entryOf(m_selectedMessage))
        selectToken(0, -1);
}

void ConversationModel::clear()
{
    setMessages({});
}

void ConversationModel::insertEntry(const Message& message)
{
    auto& entry = m_entries.emplace_back(std::make_unique<Entry>(message));
    entry->serial = m_nextSerial++;
    entry->firstRow = m_rows;
    m_byId.insert(message.id, entry.get());
    insertRows(*entry, 0, entry->message.rowCount());
}

void ConversationModel::appendMessage(const Message& message)
{
    if (entryOf(message.id)) {
        updateMessage(message);
        return;
    }
    insertEntry(message);
}

void ConversationModel::insertRows(Entry& entry, int first, int count)
{
    if (count <= 0)
        return;
    beginInsertRows({}, entry.firstRow + first, entry.firstRow + first + count - 1);
    entry.shown += count;
    renumber();
    endInsertRows();
}

void ConversationModel::removeRows(Entry& entry, int first, int count)
{
    if (count <= 0)
        return;
    beginRemoveRows({}, entry.firstRow + first, entry.firstRow + first + count - 1);
    entry.shown -= count;
    renumber();
    endRemoveRows();
}

void ConversationModel::rowsChanged(const Entry& entry, int first, int last, const QList<int>& roles)
{
    if (first > last || last >= entry.shown)
        return;
    static const QList<int> ofProse{ContentRole, CursorRole, HighlightStartRole, HighlightLengthRole};
    QList<int> all = roles;
    if (std::ranges::any_of(roles, [](int role) { return ofProse.contains(role); }))
        all.append(ProseRole);
    emit dataChanged(index(entry.firstRow + first), index(entry.firstRow + last), all);
}

void ConversationModel::updateMessage(const Message& message)
{
    Entry* entry = entryOf(message.id);
    if (!entry)
        return;
    entry->message.setMessage(message);
    renumber();
    rowsChanged(*entry, 0, entry->shown - 1,
                {BranchRole, BranchCountRole, StateRole, ErrorRole, TitleRole, CursorRole});
}

void ConversationModel::dropCaches(quint32 serial)
{
    const auto ours = [serial](quint64 key) { return key >> 32 == serial; };
    for (const quint64 key : m_texts.keys()) {
        if (ours(key))
            m_texts.remove(key);
    }
    m_columns.removeIf([&](auto it) { return ours(it.key()); });
    m_code.removeIf([&](auto it) {
        if (!ours(it.key()))
            return false;
        m_highlighter.forget(it.key());
        return true;
    });
}

void ConversationModel::setTextFont(const QFont& font)
{
    if (font == m_font)
        return;
    m_font = font;
    m_columns.clear();
    for (const auto& entry : m_entries)
        rowsChanged(*entry, 0, entry->shown - 1, {ColumnsRole});
    emit textFontChanged();
}

void ConversationModel::setAtEnd(bool on)
{
    if (on == m_atEnd)
        return;
    m_atEnd = on;
    emit atEndChanged();
}

void ConversationModel::toggleThinking(int row)
{
    const auto [entry, local] = at(row);
    if (!entry || !entry->message.hasThinking())
        return;
    ConversationMessage& message = entry->message;
    const bool shown = message.thinkingShown();
    const int rows = static_cast<int>(message.blocks(Section::ThinkText).rows().size());
    const int first = entry->firstRow + 1;
    if (rows == 0) {
        message.setFolded(shown);
    } else if (shown) {
        beginRemoveRows({}, first, first + rows - 1);
        message.setFolded(true);
        entry->shown -= rows;
        renumber();
        endRemoveRows();
    } else {
        beginInsertRows({}, first, first + rows - 1);
        message.setFolded(false);
        entry->shown += rows;
        renumber();
        endInsertRows();
    }
    rowsChanged(*entry, 0, 0, {OpenRole});
}

QString ConversationModel::sourceOf(qint64 messageId) const
{
    const Entry* entry = entryOf(messageId);
    if (!entry)
        return {};
    const ConversationMessage& message = entry->message;
    if (message.message().author != Author::Assistant)
        return message.message().text;
    return QString::fromUtf8(message.blocks(Section::Body).source()).trimmed();
}

QString ConversationModel::blockSource(int row) const
{
    const auto [entry, local] = at(row);
    if (!entry)
        return {};
    const Place place = entry->message.placeOf(local);
    if (place.section != Section::Body && place.section != Section::ThinkText)
        return {};
    const MarkdownBlocks& blocks = entry->message.blocks(place.section);
    const quint32 block = entry->message.markdownRow(place).block;
    const auto inBlock = [&](const MarkdownRow& r) { return r.block == block; };
    auto part = blocks.rows().begin() + place.index;
    while (part != blocks.rows().begin() && inBlock(*std::prev(part)))
        --part;
    QByteArray text;
    for (; part != blocks.rows().end() && inBlock(*part); ++part) {
        for (quint32 i = 0; i < part->lineCount; ++i)
            text.append(blocks.text(blocks.line(part->firstLine + i))).append('\n');
    }
    return QString::fromUtf8(text);
}

void ConversationModel::copyText(const QString& text) const
{
    QGuiApplication::clipboard()->setText(text);
}

int ConversationModel::lastRowOf(qint64 messageId) const
{
    const Entry* entry = entryOf(messageId);
    return entry ? entry->firstRow + entry->shown - 1 : -1;
}

qint64 ConversationModel::lastMessageId() const
{
    return m_entries.empty() ? 0 : m_entries.back()->message.message().id;
}

qint64 ConversationModel::branchedMessage(qint64 preferred) const
{
    if (const Entry* entry = entryOf(preferred); entry && entry->message.message().siblingCount > 1)
        return preferred;
    for (auto entry = m_entries.rbegin(); entry != m_entries.rend(); ++entry) {
        if ((*entry)->message.message().siblingCount > 1)
            return (*entry)->message.message().id;
    }
    return 0;
}
