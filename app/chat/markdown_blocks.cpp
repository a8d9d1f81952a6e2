#include "chat/markdown_blocks.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "chat/markdown_cursor.hpp"

namespace
{
// An unfinished line longer than this whose first bytes already make it prose is taken piece by piece.
constexpr quint32 kLongLine = 1024;
} // namespace

MarkdownBlocks::MarkdownBlocks() : m_blocks(1) {}

int MarkdownBlocks::append(QByteArrayView text)
{
    const quint32 before = m_stableRows;
    m_source.append(text);
    m_rows.resize(m_stableRows);
    m_lines.resize(m_stableLines);
    m_blocks.resize(m_stableBlocks);
    const auto size = static_cast<quint32>(m_source.size());
    while (m_scanned < size) {
        const void* found = std::memchr(m_source.constData() + m_scanned, '\n', size - m_scanned);
        if (!found)
            break;
        const auto end = static_cast<quint32>(static_cast<const char*>(found) - m_source.constData());
        takeLine(m_lineBegin, end, true);
        m_scanned = m_lineBegin = end + 1;
    }
    m_scanned = size;
    continueUnfinishedLine();
    const int first = settle(before);
    showOpenBlock();
    return first;
}

int MarkdownBlocks::finish()
{
    const quint32 before = m_stableRows;
    m_rows.resize(m_stableRows);
    m_lines.resize(m_stableLines);
    m_blocks.resize(m_stableBlocks);
    if (m_lineBegin < m_source.size())
        takeLine(m_lineBegin, static_cast<quint32>(m_source.size()), true);
    m_lineBegin = m_scanned = static_cast<quint32>(m_source.size());
    closeLeaf();
    closeTo(0);
    return settle(before);
}

/// Marks what is there as lasting.
int MarkdownBlocks::settle(quint32 stableBefore)
{
    m_stableRows = static_cast<quint32>(m_rows.size());
    m_stableLines = static_cast<quint32>(m_lines.size());
    m_stableBlocks = static_cast<quint32>(m_blocks.size());
    for (quint32 row = stableBefore; row < m_stableRows; ++row)
        noteReferences(row);
    return static_cast<int>(stableBefore);
}

/// A line that grows past kLongLine and is prose whatever follows joins its paragraph now, so that an endless paragraph
/// costs the same per piece as a short one. A code line grows by whole pieces likewise.
void MarkdownBlocks::continueUnfinishedLine()
{
    const auto size = static_cast<quint32>(m_source.size());
    if (m_state.midLine > 0) {
        extendParagraph(size);
        m_state.midLine = size - m_lineBegin;
        return;
    }
    const QByteArrayView line = QByteArrayView(m_source).sliced(m_lineBegin);
    if (line.size() <= kLongLine || m_state.leaf == Leaf::Fence || m_state.leaf == Leaf::Table)
        return;
    if (markdown::isUndecided(line, true))
        return;
    const State saved = m_state;
    const size_t rows = m_rows.size(), lines = m_lines.size(), blocks = m_blocks.size();
    const std::vector<MarkdownLine> open(m_lines.begin() + std::min<ptrdiff_t>(saved.leafLine, std::ssize(m_lines)),
                                         m_lines.end());
    takeLine(m_lineBegin, size, false);
    if (m_state.leaf == Leaf::Paragraph) {
        m_state.midLine = size - m_lineBegin;
        return;
    }
    m_state = saved; // a heading, a fence's info: rare enough to be read again when complete
    m_rows.resize(rows);
    m_lines.resize(lines);
    m_blocks.resize(blocks);
    std::ranges::copy(open, m_lines.end() - std::ssize(open));
}

/// Adds the rows of the open block and of the unfinished line, to be taken back by the next append.
void MarkdownBlocks::showOpenBlock()
{
    const State saved = m_state;
    const size_t open = std::min<size_t>(saved.leafLine, m_lines.size());
    const std::vector<MarkdownLine> openLines(m_lines.begin() + static_cast<ptrdiff_t>(open), m_lines.end());
    m_trying = true;
    const QByteArrayView line = QByteArrayView(m_source).sliced(m_lineBegin);
    const bool oneTextLine = m_state.leaf == Leaf::Paragraph && m_lines.size() == m_state.leafLine + 1;
    if (m_state.midLine == 0 && !line.isEmpty() && !markdown::isUndecided(line, oneTextLine))
        takeLine(m_lineBegin, static_cast<quint32>(m_source.size()), false);
    closeLeaf();
    closeTo(0);
    m_trying = false;
    m_state = saved;
    // A cut may have divided a lasting line: put it back, with the row's own view of it kept behind the lasting ones.
    if (!std::equal(openLines.begin(), openLines.end(), m_lines.begin() + static_cast<ptrdiff_t>(open))) {
        const auto shift = static_cast<quint32>(openLines.size());
        m_lines.insert(m_lines.begin() + static_cast<ptrdiff_t>(open), openLines.begin(), openLines.end());
        for (size_t row = m_stableRows; row < m_rows.size(); ++row)
            m_rows[row].firstLine += shift;
    }
}

void MarkdownBlocks::takeLine(quint32 begin, quint32 end, bool complete)
{
    if (complete && end > begin && m_source[end - 1] == '\r')
        --end;
    if (m_state.midLine > 0) {
        extendParagraph(end);
        m_state.midLine = 0;
        return;
    }
    Cursor at{m_source, begin, end};
    size_t matched = 0;
    for (; matched < m_state.containers.size(); ++matched) {
        const Container& c = m_state.containers[matched];
        if (c.type == Container::Quote) {
            Cursor mark = at;
            mark.skipSpace();
            if (mark.at() != '>')
                break;
            mark.skip(1);
            mark.skipIndent(1);
            at = mark;
        } else if (c.type == Container::Item) {
            if (at.blank()) {
                if (c.empty)
                    break;
            } else if (at.indent() >= c.indent) {
                at.skipIndent(c.indent);
            } else {
                break;
            }
        }
    }
    if (matched == m_state.containers.size() && m_state.leaf == Leaf::Fence) {
        takeFence(at);
        return;
    }
    bool allMatched = matched == m_state.containers.size();
    while (!at.blank() && openContainer(at, matched, allMatched)) {
        matched = m_state.containers.size();
        allMatched = true;
    }
    if (!at.blank()) {
        for (size_t i = 0; i < matched; ++i)
            m_state.containers[i].empty = false;
        if (startLeaf(at, matched, allMatched))
            return;
    }
    takeText(at, complete, matched);
}

/// Opens the quote or list item that the line begins with, if any.
bool MarkdownBlocks::openContainer(Cursor& at, size_t matched, bool allMatched)
{
    if (std::cmp_greater_equal(m_state.containers.size(), kMaxDepth))
        return false;
    const quint32 lead = at.indent();
    Cursor next = at;
    next.skipSpace();
    if (next.at() == '>') {
        makeRoom(matched);
        m_state.containers.push_back({.type = Container::Quote});
        next.skip(1);
        next.skipIndent(1);
        at = next;
        return true;
    }
    const QByteArrayView rest = next.rest();
    const bool interruptsParagraph = allMatched && m_state.leaf == Leaf::Paragraph;
    if (markdown::isThematicBreak(rest) || (interruptsParagraph && markdown::setextLevel(rest) > 0))
        return false;
    const std::optional<markdown::ListMarker> marker = markdown::listMarker(rest);
    if (!marker)
        return false;
    const bool blankItem = markdown::isBlank(rest.sliced(marker->width));
    if (interruptsParagraph && (blankItem || (marker->ordered && marker->number != 1)))
        return false;

    closeLeaf();
    closeTo(matched);
    auto& containers = m_state.containers;
    int number = marker->number;
    const bool inList = !containers.empty() && containers.back().type == Container::List;
    if (inList && containers.back().mark == marker->mark && containers.back().ordered == marker->ordered) {
        number = containers.back().number + 1;
    } else {
        if (inList)
            closeTo(containers.size() - 1);
        containers.push_back({.type = Container::List, .mark = marker->mark, .ordered = marker->ordered});
    }
    containers.back().number = number;
    Container item{.type = Container::Item, .ordered = marker->ordered, .empty = blankItem, .number = number};
    next.skip(marker->width);
    const quint32 space = next.indent();
    item.indent = lead + marker->width + (blankItem || space > 4 ? 1 : space);
    next.skipIndent(space > 4 ? 1 : space);
    const QByteArrayView content = next.rest();
    if (content.size() > 3 && content[0] == '[' && content[2] == ']' && markdown::isSpace(content[3]) &&
        QByteArrayView(" xX").contains(content[1])) {
        item.task = true;
        item.taskDone = content[1] != ' ';
        next.skip(3);
    }
    containers.push_back(item);
    at = next;
    return true;
}

/// Closes what a new block at this depth ends: the open leaf, unmatched containers, and a list that gets no further
/// item.
void MarkdownBlocks::makeRoom(size_t matched)
{
    closeLeaf();
    closeTo(matched);
    if (!m_state.containers.empty() && m_state.containers.back().type == Container::List)
        closeTo(m_state.containers.size() - 1);
}

void MarkdownBlocks::closeTo(size_t count)
{
    while (m_state.containers.size() > count) {
        const Container& last = m_state.containers.back();
        if (last.type == Container::Item && !last.announced) // an item without content still has its marker
            addRow(MarkdownKind::Paragraph, static_cast<quint32>(m_lines.size()), 0, false);
        m_state.containers.pop_back();
    }
}

MarkdownRow& MarkdownBlocks::addRow(MarkdownKind kind, quint32 firstLine, quint32 lineCount, bool continues)
{
    MarkdownRow row{.kind = kind, .continues = continues, .firstLine = firstLine, .lineCount = lineCount};
    for (Container& c : m_state.containers) {
        if (c.type == Container::Quote) {
            ++row.quoteDepth;
        } else if (c.type == Container::Item) {
            ++row.listDepth;
            row.startsItem = !c.announced;
            if (row.startsItem) {
                row.ordered = c.ordered;
                row.number = c.number;
                row.task = c.task;
                row.taskDone = c.taskDone;
            }
            c.announced = true;
        }
    }
    const MarkdownRow* above = m_rows.empty() ? nullptr : &m_rows.back();
    if (continues || !above)
        row.gap = MarkdownGap::None;
    else if (kind == MarkdownKind::Heading)
        row.gap = MarkdownGap::Large;
    else if (row.startsItem && above->listDepth > 0)
        row.gap = m_state.blankBefore ? MarkdownGap::Medium : MarkdownGap::Small;
    else if (above->kind == MarkdownKind::Heading)
        row.gap = MarkdownGap::Small;
    m_state.blankBefore = false;
    return m_rows.emplace_back(row);
}
