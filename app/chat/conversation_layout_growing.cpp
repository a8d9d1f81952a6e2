// How ConversationLayout takes text at its end: the line that grows is kept in pieces of a few words, full lines are
// joined. What is drawn is to the pixel what one layout of the whole text would draw.
#include "chat/conversation_layout.hpp"

#include <algorithm>
#include <utility>

namespace
{
constexpr int kOpenChars = 14; // a piece of a growing line that gets longer gives its whole words away
constexpr size_t kJoined = 8;  // lines: seldom enough that few tokens pay for it

/// Left to right, and no character changes its look by those beyond a space.
bool isSimple(QStringView text)
{
    return std::ranges::all_of(text, [](QChar c) { return c >= u' ' && c.unicode() < 0x590; });
}
/// Whether the whole line would break where its last part alone does: at a space, and not by a pixel or two, which the
/// bearings of letters at the edge decide.
bool breaksClearly(const QTextLayout& layout, QStringView text, qreal width)
{
    constexpr qreal kDoubt = 3;
    const QTextLine line = layout.lineAt(0);
    if (line.naturalTextWidth() > width - kDoubt)
        return false;
    if (layout.lineCount() == 1)
        return true;
    const int next = line.textLength();
    if (text[next - 1] != u' ')
        return false;
    const auto wordEnd = static_cast<int>(text.indexOf(u' ', next));
    const QTextLine below = layout.lineAt(1);
    const int end = std::min(wordEnd < 0 ? static_cast<int>(text.size()) : wordEnd, next + below.textLength());
    return line.cursorToX(next) + below.cursorToX(end) > width + kDoubt;
}
} // namespace

void ConversationLayout::append(Piece piece, qreal y)
{
    piece.y = y;
    piece.id = m_nextId++;
    m_pieces.push_back(std::move(piece));
}

/// Lays out the text behind the last piece, on its line and, from a space on, below it. When that cannot be, takes the
/// line away. Returns whether all text is laid out.
bool ConversationLayout::extendLine(Qt::Alignment align, const ConversationStyle& style)
{
    const Piece before = m_pieces.back();
    const int at = before.start + before.length;
    const auto length = static_cast<int>(m_text->text.size()) - at;
    const qreal x = before.x + before.advance;
    if (length > 0 && m_spec.growing && isSimple(QStringView(m_text->text).sliced(at))) {
        Piece piece = makePiece(at, length, m_spec.width - x, align, style);
        QTextLine line = piece.layout->lineAt(0);
        const qreal ascent = before.layout->lineAt(0).ascent(), descent = before.layout->lineAt(0).descent();
        const bool wraps = piece.lines > 1;
        if (breaksClearly(*piece.layout, QStringView(m_text->text).sliced(at, length), m_spec.width - x) &&
            line.ascent() <= ascent && line.descent() <= descent) {
            piece.length = line.textLength();
            piece.lines = 1;
            const qreal lineTop = before.layout->lineAt(0).y() + ascent;
            line.setPosition({0, lineTop - line.ascent()});
            piece.x = x;
            piece.top = before.top;
            piece.letters = before.letters;
            piece.height = before.height;
            append(std::move(piece), before.y);
            if (!wraps) {
                openLastLine(align, style);
                joinLines(align, style);
            }
            return !wraps;
        }
    }
    while (!m_pieces.empty() && m_pieces.back().openEnd)
        m_pieces.pop_back();
    return false;
}

/// Cuts the last piece before its last word, when both parts then stand where they stood.
void ConversationLayout::openLastLine(Qt::Alignment align, const ConversationStyle& style)
{
    const Piece whole = m_pieces.back();
    const QStringView text = QStringView(m_text->text).sliced(whole.start, whole.length);
    const auto cut = static_cast<int>(text.lastIndexOf(u' ')) + 1;
    if (whole.lines != 1 || text.size() < kOpenChars || cut == 0 || cut == text.size() || m_rightToLeft ||
        !isSimple(text))
        return;
    const QTextLine line = whole.layout->lineAt(0);
    Piece head = makePiece(whole.start, cut, whole.width, align, style);
    Piece tail = makePiece(whole.start + cut, whole.length - cut, whole.width, align, style);
    const QTextLine headLine = head.layout->lineAt(0);
    QTextLine tailLine = tail.layout->lineAt(0);
    head.advance = headLine.cursorToX(cut);
    const bool samePlaces = head.lines == 1 && tail.lines == 1 && head.advance == line.cursorToX(cut) &&
                            head.advance + tailLine.cursorToX(tail.length) == line.cursorToX(whole.length);
    const bool sameLetters = headLine.ascent() == line.ascent() && headLine.descent() == line.descent();
    if (!samePlaces || !sameLetters)
        return;
    head.layout->lineAt(0).setPosition({0, line.y()});
    tailLine.setPosition({0, line.y() + line.ascent() - tailLine.ascent()});
    head.openEnd = true;
    tail.x = whole.x + head.advance;
    head.x = whole.x;
    for (Piece* part : {&head, &tail}) {
        part->top = whole.top;
        part->letters = whole.letters;
        part->height = whole.height;
    }
    m_pieces.pop_back();
    append(std::move(head), whole.y);
    append(std::move(tail), whole.y);
}

/// Makes one piece of a full line before the last, or of several: a frame costs by the pieces that are shown.
void ConversationLayout::joinLines(Qt::Alignment align, const ConversationStyle& style)
{
    size_t end = m_pieces.size() - 1;
    while (end > 0 && m_pieces[end - 1].openEnd)
        --end;
    if (end == 0)
        return;
    size_t begin = end - 1;
    while (begin > 0 && m_pieces[begin - 1].openEnd)
        --begin;
    if (end - begin == 1) { // a whole line already
        begin = end;
        while (begin > 0 && end - begin < kJoined && m_pieces[begin - 1].lines == 1 && !m_pieces[begin - 1].openEnd)
            --begin;
        if (end - begin < kJoined)
            return;
    }
    const Piece& first = m_pieces[begin];
    const Piece& last = m_pieces[end - 1];
    Piece joined = makePiece(first.start, last.start + last.length - first.start, m_spec.width, align, style);
    const int lines = first.openEnd ? 1 : static_cast<int>(kJoined);
    if (joined.lines != lines || first.y + joined.height != last.y + last.height)
        return;
    joined.y = first.y;
    joined.id = m_nextId++;
    m_pieces[begin] = std::move(joined);
    const auto at = m_pieces.begin() + static_cast<std::ptrdiff_t>(begin);
    m_pieces.erase(at + 1, at + static_cast<std::ptrdiff_t>(end - begin));
}
