// How ConversationModel takes an answer while it is made, and what of that it tells the views.
#include <algorithm>
#include <utility>

#include "chat/conversation_caches.hpp"
#include "chat/conversation_model.hpp"

namespace
{
// The measurements under a running answer are read by people: more often than this is noise.
constexpr qint64 kFootMs = 250;
} // namespace

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

void ConversationModel::setWaiting(qint64 messageId)
{
    for (const qint64 changed : {std::exchange(m_waiting, messageId), messageId}) {
        if (const Entry* entry = entryOf(changed))
            rowsChanged(*entry, entry->shown - 1, entry->shown - 1, {TitleRole});
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
