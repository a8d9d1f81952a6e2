#include "chat/conversation_model.hpp"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>
#include <iterator>
#include <utility>

#include "chat/conversation_caches.hpp"

namespace
{
// The measurements under a running answer are read by people: more often than this is noise.
constexpr qint64 kFootMs = 250;
} // namespace

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

void ConversationModel::appendTokens(qint64 messageId, std::span<const RunToken> tokens)
{
    Entry* entry = entryOf(messageId);
    if (!entry || tokens.empty() || !entry->message.streaming())
        return;
    ConversationMessage& message = entry->message;
    const int firstOpen = message.firstOpenRow();
    const int rows = message.contentRows();
    std::vector<OpenRow> open;
    for (int row = firstOpen; row < rows; ++row)
        open.push_back(openRow(*entry, row));
    const bool wasThinking = message.thinking(), first = message.tokensSeen() == 0;
    const bool wasShown = message.hasThinking() && message.thinkingShown();
    ConversationMessage::Change change = message.append(tokens);
    if (wasThinking && wasShown && !message.thinkingShown() && !m_atEnd) {
        message.setFolded(false); // the reader is in the middle of it: nothing moves
        change.newCount = message.contentRows();
    }
    applyChange(*entry, change, firstOpen, open);
    if (m_footTimer.elapsed() >= kFootMs || first || wasThinking != message.thinking()) {
        m_footTimer.restart();
        rowsChanged(*entry, entry->shown - 1, entry->shown - 1, {TitleRole});
        if (message.hasThinking())
            rowsChanged(*entry, 0, 0, {TitleRole, OpenRole});
    }
}

ConversationModel::OpenRow ConversationModel::openRow(const Entry& entry, int row) const
{
    const Place place = entry.message.placeOf(row);
    OpenRow open{.kind = kindOf(entry, row), .row = {}, .source = {}};
    if (place.section == Section::Think)
        return open;
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    open.row = entry.message.markdownRow(place);
    if (const quint32 count = open.row.lineCount; count > 0)
        open.source = {blocks.line(open.row.firstLine).begin, blocks.line(open.row.firstLine + count - 1).end};
    return open;
}

/// Tells the views what an append did. Kinds choose delegates, so a row that changes its kind is another row.
void ConversationModel::applyChange(Entry& entry, const ConversationMessage::Change& change, int firstOpen,
                                    const std::vector<OpenRow>& before)
{
    const int common = std::min(change.oldCount, change.newCount);
    int same = change.first;
    if (change.first < firstOpen || change.anew) {
        same = change.anew ? change.first : common;
    } else {
        while (same < common && kindOf(entry, same) == before[static_cast<size_t>(same - firstOpen)].kind)
            ++same;
    }
    removeRows(entry, same, change.oldCount - same);
    insertRows(entry, same, change.newCount - same);
    for (int row = std::max(change.first, firstOpen); row < same; ++row) {
        const Place place = entry.message.placeOf(row);
        if (place.section == Section::Think)
            continue;
        OpenRow now = openRow(entry, row);
        const OpenRow& old = before[static_cast<size_t>(row - firstOpen)];
        const bool unfinishedFence = now.row.kind == MarkdownKind::Code && now.row.lineCount == 0;
        const bool lostCursor = row == change.oldCount - 1 && change.newCount != change.oldCount;
        const bool sameText = now.source == old.source && now.row.lineCount == old.row.lineCount;
        now.row.firstLine = old.row.firstLine;
        now.row.lineCount = old.row.lineCount;
        if (now.row == old.row && sameText && !unfinishedFence && !lostCursor)
            continue;
        QList<int> roles; // none: all
        if (now.row == old.row)
            roles = {ContentRole, CursorRole};
        if (now.row == old.row && unfinishedFence)
            roles.append(LanguageRole);
        rowsChanged(entry, row, row, roles);
    }
    if (change.first > 0 && change.newCount > change.oldCount)
        rowsChanged(entry, change.first - 1, change.first - 1, {CursorRole});
    for (const int row : entry.message.takeRedefinedRows()) {
        const Place place = entry.message.placeOf(row);
        m_texts.remove(cacheKey(entry.serial, place.section, static_cast<quint32>(place.index)));
        rowsChanged(entry, row, row, {ContentRole});
    }
    announceColumns(entry, std::min(change.first, same), change.newCount);
}

/// The first rows of a table decide its columns: rows above may get wider when one is added.
void ConversationModel::announceColumns(const Entry& entry, int first, int end)
{
    for (int row = first; row < end; ++row) {
        const Place place = entry.message.placeOf(row);
        if (const int kind = kindOf(entry, row); kind != TableRow && kind != TableHeader)
            continue;
        const MarkdownRow& markdown = entry.message.markdownRow(place);
        const int above = markdown.kind == MarkdownKind::TableHeader ? 0 : static_cast<int>(markdown.part) + 1;
        if (above > TableColumns::kMeasured)
            continue;
        TableColumns& columns = columnsOf(entry, place);
        if (columns.shown != columns.announced && above > 0)
            rowsChanged(entry, std::max(row - above, 0), row, {ColumnsRole});
        columns.announced = columns.shown;
    }
}

void ConversationModel::setOpensThinking(qint64 messageId, bool on)
{
    if (Entry* entry = entryOf(messageId))
        entry->message.setOpensThinking(on);
}

void ConversationModel::finish(const Message& message)
{
    Entry* entry = entryOf(message.id);
    if (!entry) {
        appendMessage(message);
        return;
    }
    const bool wasShown = entry->message.hasThinking() && entry->message.thinkingShown();
    const int oldRows = entry->message.contentRows();
    std::optional<ConversationMessage::Change> change = entry->message.finish(message);
    if (wasShown && !entry->message.thinkingShown() && !m_atEnd) {
        entry->message.setFolded(false);
        if (change)
            change->newCount = entry->message.contentRows();
    }
    if (change && !change->anew) {
        // What was open is final now; its kind may have changed with the last line.
        removeRows(*entry, change->first, oldRows - change->first);
        insertRows(*entry, change->first, change->newCount - change->first);
    } else {
        dropCaches(entry->serial);
        entry->serial = m_nextSerial++;
        removeRows(*entry, 0, oldRows);
        insertRows(*entry, 0, entry->message.contentRows());
    }
    entry->message.takeRedefinedRows();
    renumber();
    rowsChanged(*entry, 0, entry->shown - 1);
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
