// What ConversationText does with the pointer and with keys: selecting, clicking, copying.
#include "chat/conversation_text_item.hpp"

#include <QCursor>
#include <QGuiApplication>
#include <QStyleHints>
#include <QTextBoundaryFinder>

#include <algorithm>
#include <utility>

QString ConversationTextItem::selectedText() const
{
    QString text = m_layout.text().mid(std::min(m_anchor, m_cursor), std::abs(m_cursor - m_anchor));
    return text.replace(QChar::LineSeparator, u'\n');
}

void ConversationTextItem::setSelection(int anchor, int cursor)
{
    if (anchor == m_anchor && cursor == m_cursor)
        return;
    m_anchor = anchor;
    m_cursor = cursor;
    emit selectionChanged();
    update();
}

void ConversationTextItem::selectAll()
{
    setSelection(0, static_cast<int>(m_layout.text().size()));
}

void ConversationTextItem::deselect()
{
    setSelection(0, 0);
}

int ConversationTextItem::offsetAt(QPointF point) const
{
    return m_layout.offsetAt(point - textOrigin(), false);
}

QString ConversationTextItem::linkAt(QPointF point) const
{
    const int offset = offsetAt(point);
    if (offset < 0)
        return {};
    const RowText& row = m_layout.row();
    for (const TextRun& run : row.runs) {
        if (run.link >= 0 && offset >= run.start && offset < run.start + run.length)
            return row.links.value(run.link);
    }
    return {};
}

void ConversationTextItem::mousePressEvent(QMouseEvent* event)
{
    m_pressed = true;
    m_selecting = false;
    m_pressedAt = event->position();
    setKeepMouseGrab(true); // a drag selects; the wheel scrolls
    forceActiveFocus(Qt::MouseFocusReason);
    const int at = cursorAt(event->position());
    setSelection(event->modifiers() & Qt::ShiftModifier ? m_anchor : at, at);
    event->accept();
}

void ConversationTextItem::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_pressed)
        return;
    const qreal moved = (event->position() - m_pressedAt).manhattanLength();
    m_selecting = m_selecting || moved >= QGuiApplication::styleHints()->startDragDistance();
    if (m_selecting)
        setSelection(m_anchor, cursorAt(event->position()));
}

void ConversationTextItem::mouseReleaseEvent(QMouseEvent* event)
{
    setKeepMouseGrab(false);
    if (!std::exchange(m_pressed, false) || m_selecting)
        return;
    if (!m_context)
        return;
    if (const QString link = linkAt(event->position()); !link.isEmpty())
        emit m_context->linkActivated(link);
    else if (const int offset = offsetAt(event->position()); offset >= 0)
        emit m_context->characterClicked(m_index, offset);
}

void ConversationTextItem::mouseDoubleClickEvent(QMouseEvent* event)
{
    QTextBoundaryFinder word(QTextBoundaryFinder::Word, m_layout.text());
    const int at = cursorAt(event->position());
    word.setPosition(at);
    const qsizetype start = word.isAtBoundary() ? at : word.toPreviousBoundary();
    word.setPosition(at);
    const qsizetype end = word.toNextBoundary();
    setSelection(static_cast<int>(std::max<qsizetype>(start, 0)),
                 static_cast<int>(end < 0 ? m_layout.text().size() : end));
    m_selecting = true;
    m_pressed = true;
}

void ConversationTextItem::setHoveredLink(const QString& link)
{
    if (link == m_hoveredLink)
        return;
    m_hoveredLink = link;
    setCursor(link.isEmpty() ? Qt::IBeamCursor : Qt::PointingHandCursor);
    if (m_context)
        m_context->setHoveredLink(link);
}

void ConversationTextItem::hoverMoveEvent(QHoverEvent* event)
{
    setHoveredLink(linkAt(event->position()));
}

void ConversationTextItem::hoverLeaveEvent(QHoverEvent*)
{
    setHoveredLink({});
}

void ConversationTextItem::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy) && m_anchor != m_cursor && m_context)
        emit m_context->copyRequested(selectedText());
    else if (event->matches(QKeySequence::SelectAll))
        selectAll();
    else
        event->ignore();
}

void ConversationTextItem::focusOutEvent(QFocusEvent* event)
{
    if (event->reason() != Qt::ActiveWindowFocusReason && event->reason() != Qt::PopupFocusReason)
        deselect();
}
