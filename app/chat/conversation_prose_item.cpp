#include "chat/conversation_prose_item.hpp"

#include <cmath>
#include <utility>

ConversationProseItem::ConversationProseItem(QQuickItem* parent) : ConversationTextItem(parent)
{
    connect(this, &ConversationTextItem::contextChanged, this, &ConversationProseItem::followColumn);
}

void ConversationProseItem::followColumn()
{
    if (!context())
        return;
    connect(context(), &ConversationContext::restyled, this, &ConversationProseItem::placeChanged);
    connect(context(), &ConversationContext::columnChanged, this, [this] {
        relayout(false);
        emit placeChanged();
    });
}

void ConversationProseItem::setProse(const ProseRow& prose)
{
    if (prose == m_prose)
        return;
    const ProseRow before = std::exchange(m_prose, prose);
    const bool otherLook = prose.headingLevel != before.headingLevel;
    m_look = prose.headingLevel > 0 ? Heading : Prose;
    m_level = prose.headingLevel;
    m_highlightStart = prose.highlightStart;
    m_highlightLength = prose.highlightLength;
    const bool wasWriting = std::exchange(m_writing, prose.writing);
    if (const bool dim = prose.thought || prose.quoteDepth > 0; std::exchange(m_dim, dim) != dim)
        repaint();
    m_content = prose.content;
    relayout(otherLook);
    setImplicitHeight(heightAround(textHeight())); // the gap may be another
    if (!(prose.content == before.content) || wasWriting != prose.writing)
        contentReplaced();
    if (otherLook)
        emit lookChanged();
    update();
    emit proseChanged();
    emit placeChanged();
}

QPointF ConversationProseItem::textOrigin() const
{
    const qreal start = context() ? std::round((width() - context()->column()) / 2) : 0;
    return {start + indent(), static_cast<qreal>(m_prose.gap)};
}

bool ConversationProseItem::contains(const QPointF& point) const
{
    return QRectF(textOrigin(), QSizeF(textWidth(), textHeight())).contains(point);
}

void ConversationProseItem::geometryChange(const QRectF& now, const QRectF& before)
{
    ConversationTextItem::geometryChange(now, before);
    if (now.width() != before.width()) {
        update();
        emit placeChanged();
    }
}

QPointF ConversationProseItem::taskPlace() const
{
    return textOrigin() + QPointF(-20, std::round((lineHeight() - 14) / 2));
}

void ConversationProseItem::addMarks(Grounds& grounds) const
{
    const qreal left = -indent() + (m_prose.thought ? 16 : 0), gap = m_prose.gap;
    if (m_prose.thought)
        grounds.append({{-indent() + 5.0, -gap, 1, textHeight() + gap}, style().line});
    for (int i = 0; i < m_prose.quoteDepth; ++i) {
        const qreal above = i < m_prose.quoteAbove ? gap : 0;
        grounds.append({{left + i * 16, -above, 3, textHeight() + above}, style().line});
    }
}
