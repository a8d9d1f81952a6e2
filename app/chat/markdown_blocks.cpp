#include "chat/markdown_blocks.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "chat/markdown_lines.hpp"

namespace
{
// An unfinished line longer than this whose first bytes already make it prose is taken piece by piece.
constexpr quint32 kLongLine = 1024;
} // namespace

/// A place in a line, which knows the column for tabs.
struct MarkdownBlocks::Cursor {
    QByteArrayView source;
    quint32 pos = 0, end = 0;
    quint32 column = 0;
    quint32 spare = 0; ///< columns left of a tab that was taken in part

    char at() const { return pos < end ? source[pos] : '\n'; }
    QByteArrayView rest() const { return source.sliced(pos, end - pos); }
    bool blank() const { return markdown::isBlank(rest()); }
    quint32 indent() const
    {
        quint32 columns = spare;
        for (quint32 p = pos; p < end && (source[p] == ' ' || source[p] == '\t'); ++p)
            columns += source[p] == '\t' ? 4 - (column + columns) % 4 : 1;
        return columns;
    }
    void skipIndent(quint32 columns)
    {
        while (columns > 0) {
            if (spare > 0) {
                --spare;
            } else if (at() == '\t') {
                spare = 4 - column % 4 - 1;
                ++pos;
            } else if (at() == ' ') {
                ++pos;
            } else {
                return;
            }
            ++column;
            --columns;
        }
    }
    void skipSpace() { skipIndent(indent()); }
    void skip(quint32 bytes)
    {
        pos += bytes;
        column += bytes;
        spare = 0;
    }
};

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

bool MarkdownBlocks::takeDefinition(QByteArrayView line)
{
    std::optional<markdown::Definition> found = markdown::linkDefinition(line);
    if (!found)
        return false;
    const QByteArray label = markdown::normalizedLabel(found->label);
    if (label.isEmpty() || m_definitions.contains(label))
        return !label.isEmpty();
    m_definitions.insert(label, {std::move(found->destination), std::move(found->title)});
    const std::vector<int> waiting = m_unresolved.take(label);
    m_redefined.insert(m_redefined.end(), waiting.begin(), waiting.end());
    return true;
}

const MarkdownBlocks::LinkDefinition* MarkdownBlocks::definition(QByteArrayView label) const
{
    if (m_definitions.isEmpty())
        return nullptr;
    const auto found = m_definitions.constFind(markdown::normalizedLabel(label));
    return found == m_definitions.cend() ? nullptr : &*found;
}

std::vector<int> MarkdownBlocks::takeRedefinedRows()
{
    std::ranges::sort(m_redefined);
    const auto [first, last] = std::ranges::unique(m_redefined);
    m_redefined.erase(first, last);
    return std::exchange(m_redefined, {});
}

void MarkdownBlocks::noteReferences(quint32 row)
{
    const MarkdownRow& r = m_rows[row];
    if (r.kind == MarkdownKind::Code || r.kind == MarkdownKind::Rule || r.lineCount == 0)
        return;
    const MarkdownLine range{m_lines[r.firstLine].begin, m_lines[r.firstLine + r.lineCount - 1].end};
    if (!text(range).contains('['))
        return;
    for (const QByteArrayView label : markdown::labelCandidates(text(range))) {
        QByteArray key = markdown::normalizedLabel(label);
        if (!m_definitions.contains(key))
            m_unresolved[std::move(key)].push_back(static_cast<int>(row));
    }
}
