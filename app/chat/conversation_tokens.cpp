// The tokens of a ConversationModel: which is where, which is selected, and the way from one to the next.
#include "chat/conversation_model.hpp"

#include <algorithm>
#include <utility>

void ConversationModel::setTokenSpans(qint64 messageId, const QList<QByteArray>& pieces, const QList<int>& positions)
{
    Entry* entry = entryOf(messageId);
    if (!entry)
        return;
    entry->message.setTokens(pieces, positions);
    rowsChanged(*entry, 0, entry->shown - 1, {HighlightStartRole, HighlightLengthRole});
}

void ConversationModel::selectToken(qint64 messageId, int position)
{
    if (m_selectedMessage == messageId && m_selectedPosition == position)
        return;
    const qint64 before = std::exchange(m_selectedMessage, messageId);
    m_selectedPosition = position;
    for (const qint64 id : {before, messageId}) {
        if (const Entry* entry = entryOf(id))
            rowsChanged(*entry, 0, entry->shown - 1, {HighlightStartRole, HighlightLengthRole});
        if (before == messageId)
            break;
    }
    emit selectionChanged();
}

int ConversationModel::tokenAt(int row, int documentOffset) const
{
    const auto [entry, local] = at(row);
    if (!entry)
        return -1;
    const qint64 byte = byteAt(*entry, entry->message.placeOf(local), documentOffset);
    return byte < 0 ? -1 : entry->message.positionAt(static_cast<quint32>(byte));
}

void ConversationModel::activateToken(int row, int documentOffset)
{
    const int position = tokenAt(row, documentOffset);
    if (position < 0)
        return;
    const qint64 id = at(row).first->message.message().id;
    selectToken(id, position);
    emit tokenActivated(id, position);
}

void ConversationModel::stepToken(int delta)
{
    const Entry* entry = entryOf(m_selectedMessage);
    std::optional<int> position;
    if (entry) {
        position = m_selectedPosition;
    } else {
        const auto answer = std::ranges::find_if(m_entries.rbegin(), m_entries.rend(),
                                                 [](const auto& e) { return e->message.hasFoot(); });
        entry = answer == m_entries.rend() ? nullptr : answer->get();
    }
    while (entry && (position = entry->message.tokenBeside(position, delta))) {
        if (rowOfToken(*entry, *position) < 0)
            continue; // marks of Markdown, folded thinking
        const qint64 id = entry->message.message().id;
        selectToken(id, *position);
        emit tokenActivated(id, *position);
        return;
    }
}

int ConversationModel::selectedRow() const
{
    const Entry* entry = entryOf(m_selectedMessage);
    return entry ? rowOfToken(*entry, m_selectedPosition) : -1;
}

int ConversationModel::rowOfToken(const Entry& entry, int position) const
{
    for (int row = 0; row < entry.message.contentRows(); ++row) {
        if (rangeOf(entry, entry.message.placeOf(row), position).second > 0)
            return entry.firstRow + row;
    }
    return -1;
}

std::pair<int, int> ConversationModel::highlightOf(const Entry& entry, Place place) const
{
    return entry.message.message().id == m_selectedMessage ? rangeOf(entry, place, m_selectedPosition)
                                                           : std::pair(0, 0);
}

std::pair<int, int> ConversationModel::rangeOf(const Entry& entry, Place place, int position) const
{
    if (place.section != Section::Body && place.section != Section::ThinkText)
        return {0, 0};
    const std::optional<MarkdownLine> bytes = entry.message.bytesOf(position);
    const quint32 base = entry.message.base(place.section);
    if (!bytes || bytes->end <= base)
        return {0, 0};
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    const MarkdownRow& row = entry.message.markdownRow(place);
    const quint32 begin = bytes->begin > base ? bytes->begin - base : 0;
    const quint32 end = bytes->end - base;
    if (row.lineCount == 0 || blocks.line(row.firstLine).begin >= end ||
        blocks.line(row.firstLine + row.lineCount - 1).end <= begin)
        return {0, 0};
    return textOf(entry, place)->rangeOf(begin, end, blocks.source());
}
