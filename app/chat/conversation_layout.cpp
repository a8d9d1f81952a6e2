#include "chat/conversation_layout.hpp"

#include <QFontMetricsF>
#include <QTextOption>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace
{
constexpr int kSliceChars = 400; // of prose laid out at once: about five lines
constexpr int kGrowingLines = 1; // a growing piece with more lines gives all but the last away
constexpr int kCodePieceLines = 8, kGrowingCodeLines = 1;
constexpr qreal kNoWidth = 1e6;

/// The first character from which two rows look different.
int firstDifference(const RowText& a, const RowText& b)
{
    auto differ = static_cast<int>(std::ranges::mismatch(a.text, b.text).in1 - a.text.begin());
    for (qsizetype i = 0; i < std::max(a.runs.size(), b.runs.size()); ++i) {
        if (i >= a.runs.size() || i >= b.runs.size()) {
            differ = std::min(differ, (i < a.runs.size() ? a : b).runs[i].start);
            break;
        }
        TextRun x = a.runs[i], y = b.runs[i];
        if (x == y)
            continue;
        const int common = std::min(x.length, y.length);
        x.length = y.length = common;
        differ = std::min(differ, std::min(x.start, y.start) + (x == y ? common : 0));
        break;
    }
    return differ;
}
} // namespace

bool ConversationLayout::set(const RowTextRef& text, const Spec& spec, const ConversationStyle& style, bool anew)
{
    Spec like = spec;
    like.growing = m_spec.growing;
    if (anew || !(like == m_spec) || m_pieces.empty())
        m_pieces.clear();
    else if (text == m_text)
        return false;
    int differ = 0;
    if (!m_pieces.empty()) {
        differ = firstDifference(*m_text, *text);
        if (differ == m_text->text.size() && differ == text->text.size()) {
            m_text = text; // the same look
            return false;
        }
    }
    const bool rightToLeft = text->text.isRightToLeft();
    if (rightToLeft != m_rightToLeft)
        differ = 0;
    m_rightToLeft = rightToLeft;
    m_text = text;
    m_spec = spec;
    if (m_spec.cells)
        layoutCells(style);
    else
        layoutFrom(differ, style);
    measure();
    return true;
}

QList<QTextLayout::FormatRange> ConversationLayout::formatsOf(int start, int length,
                                                              const ConversationStyle& style) const
{
    QList<QTextLayout::FormatRange> formats;
    const auto& runs = m_text->runs;
    auto run = std::ranges::lower_bound(runs, start, {}, [](const TextRun& r) { return r.start + r.length - 1; });
    for (; run != runs.end() && run->start < start + length; ++run) {
        QTextLayout::FormatRange range;
        range.start = std::max(run->start - start, 0);
        range.length = std::min(run->start + run->length - start, length) - range.start;
        QTextCharFormat& format = range.format;
        if (run->flags != 0) {
            QFont font = run->flags & (TextRun::Code | TextRun::Math) ? m_spec.monoFont : m_spec.font;
            if (run->flags & TextRun::Bold)
                font.setWeight(QFont::DemiBold);
            if (run->flags & (TextRun::Italic | TextRun::Math))
                font.setItalic(true);
            if (run->flags & TextRun::Strike)
                font.setStrikeOut(true);
            if (run->flags & TextRun::Link)
                font.setUnderline(true);
            format.setFont(font);
        }
        if (run->flags & TextRun::Link)
            format.setForeground(style.accent);
        else if (run->flags & TextRun::Image)
            format.setForeground(style.dim);
        else if (run->style >= 0)
            format.setForeground(style.codeColor(run->style));
        formats.append(range);
    }
    return formats;
}

ConversationLayout::Piece ConversationLayout::makePiece(int start, int length, qreal width, Qt::Alignment align,
                                                        const ConversationStyle& style) const
{
    Piece piece;
    piece.start = start;
    piece.length = length;
    piece.width = width;
    piece.layout = std::make_shared<QTextLayout>(m_text->text.sliced(start, length), m_spec.font);
    QTextOption option(align);
    option.setWrapMode(m_spec.wrap ? QTextOption::WrapAtWordBoundaryOrAnywhere : QTextOption::NoWrap);
    option.setTextDirection(m_rightToLeft ? Qt::RightToLeft : Qt::LeftToRight);
    if (!m_spec.wrap)
        option.setTabStopDistance(QFontMetricsF(m_spec.font).horizontalAdvance(u' ') * 4);
    piece.layout->setTextOption(option);
    piece.layout->setFormats(formatsOf(start, length, style));
    piece.layout->setCacheEnabled(true);
    piece.layout->beginLayout();
    for (QTextLine line = piece.layout->createLine(); line.isValid(); line = piece.layout->createLine()) {
        line.setLineWidth(m_spec.wrap ? width : kNoWidth);
        const qreal height = std::max(m_spec.lineHeight, std::ceil(line.height()));
        line.setPosition({0, piece.height + std::floor((height - line.height()) / 2)});
        if (piece.lines++ == 0) {
            piece.firstLineEnd = start + line.textStart() + line.textLength();
            piece.top = line.y();
            piece.letters = line.height();
        }
        piece.height += height;
    }
    piece.layout->endLayout();
    if (piece.lines == 0)
        piece.height = m_spec.lineHeight;
    return piece;
}

void ConversationLayout::layoutFrom(int character, const ConversationStyle& style)
{
    bool again = false; // the first word of a piece decides where the one before ends
    while (!m_pieces.empty() && (again || m_pieces.back().start + m_pieces.back().length >= character)) {
        again = m_pieces.back().x == 0 && character < m_pieces.back().firstLineEnd;
        m_pieces.pop_back();
    }
    const Qt::Alignment align = m_rightToLeft ? Qt::AlignRight | Qt::AlignAbsolute : Qt::AlignLeft;
    if (!m_pieces.empty() && m_pieces.back().openEnd && extendLine(align, style))
        return;
    const QString& text = m_text->text;
    const auto size = static_cast<int>(text.size());
    int at = m_pieces.empty() ? 0 : m_pieces.back().start + m_pieces.back().length;
    qreal y = m_pieces.empty() ? 0 : m_pieces.back().y + m_pieces.back().height;
    int slice = kSliceChars;
    do {
        int length = std::min(slice, size - at);
        if (!m_spec.wrap) { // whole lines of code
            int end = at;
            const int count = m_spec.growing ? kGrowingCodeLines : kCodePieceLines;
            for (int lines = 0; lines < count && end < size; ++lines) {
                const qsizetype next = text.indexOf(QChar::LineSeparator, end);
                end = next < 0 ? size : static_cast<int>(next) + 1;
            }
            length = end - at;
            Piece piece = makePiece(at, end < size ? length - 1 : length, m_spec.width, align, style);
            piece.length = length;
            at = end;
            const qreal height = piece.height;
            append(std::move(piece), y);
            y += height;
            continue;
        }
        Piece piece = makePiece(at, length, m_spec.width, align, style);
        const bool whole = at + length == size;
        const int keep = !whole                                          ? piece.lines - 1
                         : m_spec.growing && piece.lines > kGrowingLines ? piece.lines - 1
                                                                         : piece.lines;
        if (keep <= 0 && !whole) {
            slice *= 2; // one line holds them all
            continue;
        }
        slice = kSliceChars;
        if (keep < piece.lines) {
            piece.lines = keep;
            const QTextLine next = piece.layout->lineAt(keep);
            piece.length = next.textStart();
            piece.height = 0;
            for (int i = 0; i < keep; ++i)
                piece.height += std::max(m_spec.lineHeight, std::ceil(piece.layout->lineAt(i).height()));
        }
        at += piece.length;
        const qreal height = piece.height;
        append(std::move(piece), y);
        y += height;
    } while (at < size);
    if (m_spec.growing && m_spec.wrap)
        openLastLine(align, style);
}

QList<qreal> ConversationLayout::fitColumns(const QList<qreal>& natural, qreal available)
{
    QList<qreal> widths = natural;
    for (qreal& width : widths)
        width += 2 * kCellPadding;
    qreal left = available;
    QList<qsizetype> wide;
    for (qsizetype i = 0; i < widths.size(); ++i)
        wide.append(i);
    if (std::accumulate(widths.begin(), widths.end(), 0.0) <= available)
        return widths;
    for (bool found = true; found && !wide.isEmpty();) { // narrow columns keep their width, wide ones share the rest
        found = false;
        const qreal share = left / static_cast<qreal>(wide.size());
        for (qsizetype i = wide.size() - 1; i >= 0; --i) {
            if (widths[wide[i]] <= share) {
                left -= widths[wide[i]];
                wide.removeAt(i);
                found = true;
            }
        }
    }
    for (const qsizetype i : wide)
        widths[i] = std::floor(std::max(left / static_cast<qreal>(wide.size()), 2.0 * kCellPadding + 24));
    return widths;
}

void ConversationLayout::layoutCells(const ConversationStyle& style)
{
    m_pieces.clear();
    const QList<qreal> widths = fitColumns(m_spec.columns, m_spec.width);
    m_tableWidth = std::accumulate(widths.begin(), widths.end(), 0.0);
    qreal x = 0;
    int start = 0;
    for (qsizetype column = 0; column < widths.size(); ++column) {
        qsizetype end = m_text->text.indexOf(u'\t', start);
        if (end < 0)
            end = m_text->text.size();
        const int align = m_spec.aligns.value(column);
        Piece piece = makePiece(start, static_cast<int>(end) - start, widths[column] - 2 * kCellPadding,
                                align == 2   ? Qt::AlignRight
                                : align == 1 ? Qt::AlignHCenter
                                             : Qt::AlignLeft,
                                style);
        piece.x = x; // the first column begins where the prose does
        piece.id = m_nextId++;
        x += widths[column];
        m_pieces.push_back(std::move(piece));
        start = std::min(static_cast<int>(end) + 1, static_cast<int>(m_text->text.size()));
    }
}

void ConversationLayout::measure()
{
    m_height = m_contentWidth = 0;
    for (const Piece& piece : m_pieces) {
        m_height = std::max(m_height, piece.y + piece.height);
        for (int i = 0; i < piece.lines; ++i)
            m_contentWidth = std::max(m_contentWidth, piece.x + std::ceil(piece.layout->lineAt(i).naturalTextWidth()));
    }
    if (m_pieces.empty())
        m_height = m_spec.lineHeight;
}

int ConversationLayout::offsetAt(QPointF point, bool between) const
{
    const Piece* best = nullptr;
    for (const Piece& piece : m_pieces) {
        if (m_spec.cells ? point.x() >= piece.x : point.y() >= piece.y && (piece.x == 0 || point.x() >= piece.x))
            best = &piece;
    }
    if (!best)
        best = m_pieces.empty() ? nullptr : &m_pieces.front();
    if (!best || best->lines == 0)
        return between ? (best ? best->start : 0) : -1;
    const QPointF local = point - QPointF(best->x, best->y);
    int line = 0;
    while (line + 1 < best->lines && best->layout->lineAt(line + 1).y() <= local.y())
        ++line;
    const QTextLine at = best->layout->lineAt(line);
    if (between)
        return best->start + at.xToCursor(local.x());
    const QRectF shown = at.naturalTextRect();
    const qreal right = best->openEnd ? best->advance : shown.right();
    if (local.x() < shown.left() || local.x() >= right || local.y() < 0 || local.y() > best->height)
        return -1;
    return best->start + at.xToCursor(local.x(), QTextLine::CursorOnCharacter);
}

QList<QRectF> ConversationLayout::rectsOf(int start, int length) const
{
    QList<QRectF> rects;
    for (const Piece& piece : m_pieces) {
        for (int i = 0; i < piece.lines; ++i) {
            const QTextLine line = piece.layout->lineAt(i);
            const int lineStart = piece.start + line.textStart();
            const int from = std::max(start, lineStart), to = std::min(start + length, lineStart + line.textLength());
            if (from >= to)
                continue;
            const qreal a = line.cursorToX(from - piece.start), b = line.cursorToX(to - piece.start);
            const bool first = i == 0;
            rects.append({piece.x + std::min(a, b), piece.y + (first ? piece.top : line.y()), std::abs(b - a),
                          first ? piece.letters : line.height()});
        }
    }
    return rects;
}

QRectF ConversationLayout::cursorAt(int offset) const
{
    for (auto piece = m_pieces.rbegin(); piece != m_pieces.rend(); ++piece) {
        if (piece->start > offset || piece->lines == 0)
            continue;
        const QTextLine line = piece->layout->lineForTextPosition(std::min(offset - piece->start, piece->length));
        if (line.isValid())
            return {piece->x + line.cursorToX(offset - piece->start),
                    piece->y + (line.lineNumber() == 0 ? piece->top : line.y()), 0,
                    line.lineNumber() == 0 ? piece->letters : line.height()};
    }
    return {0, 0, 0, m_spec.lineHeight};
}
