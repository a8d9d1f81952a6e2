// What the rows of one table or code block have in common: the widths of columns, the colours of code.
#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

#include "chat/conversation_caches.hpp"
#include "chat/conversation_model.hpp"

ConversationModel::TableColumns& ConversationModel::columnsOf(const Entry& entry, Place place) const
{
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    const MarkdownRow& row = entry.message.markdownRow(place);
    const int header =
        row.kind == MarkdownKind::TableHeader ? place.index : place.index - static_cast<int>(row.part) - 1;
    auto& columns = m_columns[cacheKey(entry.serial, place.section, static_cast<quint32>(header))];
    if (!columns) {
        columns = std::make_shared<TableColumns>();
        for (const MarkdownAlign align : blocks.block(row).columns)
            columns->aligns.append(static_cast<int>(align));
        columns->widths.resize(columns->aligns.size());
        columns->shown = columns->widths;
    }
    if (columns->measured > TableColumns::kMeasured)
        return *columns;
    const auto measure = [&](int index, QList<qreal>& widths) {
        QFont font = m_font;
        font.setBold(index == header);
        const QFontMetricsF metrics(font);
        const QStringList cells = textOf(entry, {place.section, index})->text.split(u'\t');
        for (qsizetype i = 0; i < std::min(cells.size(), widths.size()); ++i)
            widths[i] = std::max(widths[i], std::ceil(metrics.horizontalAdvance(cells[i]) / TableColumns::kStep) *
                                                TableColumns::kStep);
    };
    const auto isRow = [&](int index) {
        return index < std::ssize(blocks.rows()) && blocks.rows()[static_cast<size_t>(index)].block == row.block &&
               index - header <= TableColumns::kMeasured;
    };
    int next = header + columns->measured;
    for (; next < blocks.stableRows() && isRow(next); ++next) {
        measure(next, columns->widths);
        ++columns->measured;
    }
    columns->shown = columns->widths;
    for (; isRow(next); ++next)
        measure(next, columns->shown);
    return *columns;
}

void ConversationModel::colour(const Entry& entry, Place place, RowText& text) const
{
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    const MarkdownRow& row = entry.message.markdownRow(place);
    const QByteArrayView info = blocks.text(blocks.block(row).info);
    if (info.isEmpty() || row.lineCount == 0)
        return;
    const quint64 key = cacheKey(entry.serial, place.section, row.block);
    auto& block = m_code[key];
    if (!block) {
        block = std::make_shared<CodeBlock>();
        block->section = place.section;
        block->firstRow = place.index - static_cast<int>(row.part / MarkdownBlocks::kCodeLines);
    }
    // Ask for what was not asked for yet, from the first line of the block to the last of this row.
    const bool open = place.index >= blocks.stableRows();
    const int end = static_cast<int>(row.part + row.lineCount) - (open ? 1 : 0);
    const quint32 blockLine = blocks.rows()[static_cast<size_t>(block->firstRow)].firstLine; // parts are contiguous
    const auto lineText = [&](int line) {
        return QString::fromUtf8(blocks.text(blocks.line(blockLine + static_cast<quint32>(line))));
    };
    const QString unfinished = open ? lineText(end) : QString();
    if (block->asked < end || (open && unfinished != block->unfinished)) {
        QStringList lines;
        for (int line = block->asked; line < end; ++line)
            lines.append(lineText(line));
        const QString language = QString::fromUtf8(info).section(u' ', 0, 0);
        m_highlighter.highlight(key, language, block->asked, lines, unfinished);
        block->asked = std::max(block->asked, end);
        block->unfinished = unfinished;
    }
    qsizetype at = 0;
    for (int line = static_cast<int>(row.part); line < static_cast<int>(row.part + row.lineCount); ++line) {
        qsizetype next = text.text.indexOf(QChar::LineSeparator, at);
        if (next < 0)
            next = text.text.size();
        const QList<TextRun>* runs = line < block->lines.size()      ? &block->lines[line]
                                     : line == block->unfinishedLine ? &block->unfinishedRuns
                                                                     : nullptr;
        for (const TextRun& run : runs ? *runs : QList<TextRun>()) {
            const auto length = std::min<qsizetype>(run.length, next - at - run.start);
            if (length > 0)
                text.runs.append({.start = static_cast<int>(at) + run.start,
                                  .length = static_cast<int>(length),
                                  .style = run.style});
        }
        at = next + 1;
    }
}

void ConversationModel::takeColours(quint64 key, int firstLine, const CodeHighlighter::Lines& lines,
                                    const QList<TextRun>& unfinished)
{
    const auto found = m_code.constFind(key);
    const auto serial = static_cast<quint32>(key >> 32);
    const auto entry = std::ranges::find_if(m_entries, [&](const auto& e) { return e->serial == serial; });
    if (found == m_code.cend() || entry == m_entries.end())
        return;
    CodeBlock& block = **found;
    block.lines.resize(std::max<qsizetype>(block.lines.size(), firstLine + lines.size()));
    std::ranges::copy(lines, block.lines.begin() + firstLine);
    block.unfinishedRuns = unfinished;
    block.unfinishedLine = firstLine + static_cast<int>(lines.size());
    const int firstPart = firstLine / static_cast<int>(MarkdownBlocks::kCodeLines);
    const int lastPart = block.unfinishedLine / static_cast<int>(MarkdownBlocks::kCodeLines);
    const auto& rows = (*entry)->message.blocks(block.section).rows();
    for (int part = firstPart; part <= lastPart; ++part) {
        const int index = block.firstRow + part;
        if (index >= std::ssize(rows) || rows[static_cast<size_t>(index)].kind != MarkdownKind::Code)
            break;
        m_texts.remove(cacheKey(serial, block.section, static_cast<quint32>(index)));
        if (const int row = (*entry)->message.rowOf({block.section, index}); row >= 0)
            rowsChanged(**entry, row, row, {ContentRole});
    }
}
