// The blocks that hold text: paragraphs, headings, code, tables, rules. Which containers they stand in:
// markdown_blocks.cpp.
#include <algorithm>
#include <optional>
#include <utility>

#include "chat/markdown_cursor.hpp"

/// Starts, or is, a block other than a paragraph: heading, fence, rule, underline.
bool MarkdownBlocks::startLeaf(Cursor& at, size_t matched, bool allMatched)
{
    const quint32 indent = at.indent();
    Cursor text = at;
    text.skipSpace();
    const QByteArrayView rest = text.rest();
    const auto line = static_cast<quint32>(m_lines.size());
    if (const auto heading = markdown::atxHeading(rest)) {
        makeRoom(matched);
        const auto first = static_cast<quint32>(m_lines.size());
        m_lines.push_back({text.pos + heading->content.begin, text.pos + heading->content.end});
        addRow(MarkdownKind::Heading, first, 1, false).level = static_cast<quint8>(heading->level);
        return true;
    }
    if (const auto fence = markdown::fenceOpening(rest)) {
        makeRoom(matched);
        m_blocks.push_back({{text.pos + fence->info.begin, text.pos + fence->info.end}, {}});
        m_state.leaf = Leaf::Fence;
        m_state.leafLine = static_cast<quint32>(m_lines.size());
        m_state.leafBlock = static_cast<quint32>(m_blocks.size() - 1);
        m_state.leafPart = 0;
        m_state.leafContinues = false;
        m_state.fenceChar = fence->mark;
        m_state.fenceLength = fence->length;
        m_state.fenceIndent = indent;
        return true;
    }
    const bool underlines = allMatched && m_state.leaf == Leaf::Paragraph && !m_state.leafContinues;
    if (const int level = underlines ? markdown::setextLevel(rest) : 0; level > 0) {
        addRow(MarkdownKind::Heading, m_state.leafLine, line - m_state.leafLine, false).level =
            static_cast<quint8>(level);
        m_state.leaf = Leaf::None;
        return true;
    }
    if (underlines && makeTable(text))
        return true;
    if (markdown::isThematicBreak(rest)) {
        makeRoom(matched);
        addRow(MarkdownKind::Rule, static_cast<quint32>(m_lines.size()), 0, false);
        return true;
    }
    return false;
}

bool MarkdownBlocks::makeTable(const Cursor& at)
{
    if (m_lines.size() != m_state.leafLine + 1)
        return false;
    auto columns = markdown::delimiterRow(at.rest());
    if (!columns || !text(m_lines.back()).contains('|') ||
        markdown::tableCells(text(m_lines.back())).size() != columns->size())
        return false;
    m_blocks.push_back({{}, std::move(*columns)});
    m_state.leaf = Leaf::Table;
    m_state.leafBlock = static_cast<quint32>(m_blocks.size() - 1);
    m_state.leafPart = 0;
    addRow(MarkdownKind::TableHeader, m_state.leafLine, 1, false).block = m_state.leafBlock;
    return true;
}

void MarkdownBlocks::takeFence(Cursor& at)
{
    Cursor mark = at;
    mark.skipSpace();
    if (markdown::closesFence(mark.rest(), m_state.fenceChar, m_state.fenceLength)) {
        closeLeaf();
        return;
    }
    at.skipIndent(std::min(at.indent(), m_state.fenceIndent));
    for (quint32 begin = at.pos;;) { // an endless line is shown in pieces
        quint32 end = std::min(at.end, begin + kParagraphBytes);
        while (end < at.end && end > begin + 1 && (static_cast<uchar>(m_source[end]) & 0xC0) == 0x80)
            --end;
        if (m_lines.size() - m_state.leafLine == kCodeLines)
            addCodePart(false);
        m_lines.push_back({begin, end});
        if (end == at.end)
            return;
        begin = end;
    }
}

void MarkdownBlocks::addCodePart(bool ends)
{
    const auto count = static_cast<quint32>(m_lines.size()) - m_state.leafLine;
    MarkdownRow& row = addRow(MarkdownKind::Code, m_state.leafLine, count, m_state.leafContinues);
    row.block = m_state.leafBlock;
    row.part = m_state.leafPart;
    row.ends = ends;
    m_state.leafLine += count;
    m_state.leafPart += count;
    m_state.leafContinues = true;
}

void MarkdownBlocks::takeText(Cursor& at, bool complete, size_t matched)
{
    const bool allMatched = matched == m_state.containers.size();
    if (at.blank()) {
        if (!allMatched || m_state.leaf == Leaf::Paragraph || m_state.leaf == Leaf::Table)
            closeLeaf();
        closeTo(matched);
        m_state.blankBefore = true;
        return;
    }
    at.skipSpace();
    if (m_state.leaf == Leaf::Paragraph) { // also lazily, its containers' marks left out
        m_lines.push_back({at.pos, at.end});
        m_state.leafBytes += at.end - at.pos + 1;
        cutParagraph();
        return;
    }
    if (m_state.leaf == Leaf::Table && allMatched) {
        m_lines.push_back({at.pos, at.end});
        MarkdownRow& row = addRow(MarkdownKind::TableRow, static_cast<quint32>(m_lines.size() - 1), 1, true);
        row.block = m_state.leafBlock;
        row.part = m_state.leafPart++;
        return;
    }
    makeRoom(matched);
    if (complete && !m_trying && takeDefinition(at.rest()))
        return;
    m_state.leaf = Leaf::Paragraph;
    m_state.leafLine = static_cast<quint32>(m_lines.size());
    m_state.leafBytes = at.end - at.pos;
    m_state.leafContinues = false;
    m_lines.push_back({at.pos, at.end});
    cutParagraph();
}

/// Takes more of a line whose beginning is the last line of the open paragraph.
void MarkdownBlocks::extendParagraph(quint32 end)
{
    m_state.leafBytes += end - m_lines.back().end; // may shrink by the \r of a line ending
    m_lines.back().end = end;
    cutParagraph();
}

/// Gives away the first part of a paragraph that grew past kParagraphBytes. Where it is cut depends on those bytes
/// alone, so that it does not matter how the text arrived.
void MarkdownBlocks::cutParagraph()
{
    while (m_state.leafBytes > kParagraphBytes) {
        quint32 k = m_state.leafLine, bytes = 0;
        while (bytes + (m_lines[k].end - m_lines[k].begin) <= kParagraphBytes && k + 1 < m_lines.size()) {
            bytes += m_lines[k].end - m_lines[k].begin + 1;
            ++k;
        }
        if (bytes <= kParagraphBytes / 2) {
            const MarkdownLine line = m_lines[k];
            const QByteArrayView head = text(line).first(kParagraphBytes - bytes);
            const quint32 cut = cutPlace(head);
            const bool atSpace = head[cut - 1] == ' ';
            m_lines[k].end = line.begin + cut - (atSpace ? 1 : 0);
            m_lines.insert(m_lines.begin() + k + 1, {line.begin + cut, line.end});
            ++k;
        }
        addRow(MarkdownKind::Paragraph, m_state.leafLine, k - m_state.leafLine, m_state.leafContinues).ends = false;
        m_state.leafContinues = true;
        m_state.leafLine = k;
        m_state.leafBytes = static_cast<quint32>(m_lines.size()) - k - 1;
        for (; k < m_lines.size(); ++k)
            m_state.leafBytes += m_lines[k].end - m_lines[k].begin;
    }
}

/// Where to end a row within `head`: after a sentence, else after a word, else between characters; in its second half.
quint32 MarkdownBlocks::cutPlace(QByteArrayView head)
{
    const qsizetype half = head.size() / 2;
    qsizetype word = 0;
    for (qsizetype i = head.size(); i > half; --i) {
        const QByteArrayView before = head.first(i);
        if (before.endsWith("\u3002"))
            return static_cast<quint32>(i);
        if (before.back() != ' ')
            continue;
        if (i > 1 && QByteArrayView(".!?:;").contains(before[i - 2]))
            return static_cast<quint32>(i);
        if (word == 0)
            word = i;
    }
    if (word > 0)
        return static_cast<quint32>(word);
    qsizetype end = head.size() - 1;
    while (end > half && (static_cast<uchar>(head[end]) & 0xC0) == 0x80)
        --end;
    return static_cast<quint32>(end);
}

void MarkdownBlocks::closeLeaf()
{
    const Leaf leaf = std::exchange(m_state.leaf, Leaf::None);
    const auto count = static_cast<quint32>(m_lines.size()) - m_state.leafLine;
    if (leaf == Leaf::Paragraph)
        addRow(MarkdownKind::Paragraph, m_state.leafLine, count, m_state.leafContinues);
    else if (leaf == Leaf::Fence)
        addCodePart(true);
}
