#include "chat/conversation_context.hpp"

void ConversationContext::setTextStyle(ConversationStyle* style)
{
    if (style == m_textStyle)
        return;
    if (m_textStyle)
        disconnect(m_textStyle, nullptr, this, nullptr);
    m_textStyle = style;
    if (m_textStyle)
        connect(m_textStyle, &ConversationStyle::changed, this, &ConversationContext::restyle);
    emit restyled();
}

/// Several colours and fonts change together when the theme does.
void ConversationContext::restyle()
{
    if (!std::exchange(m_restyling, true))
        QMetaObject::invokeMethod(
            this,
            [this] {
                m_restyling = false;
                emit restyled();
            },
            Qt::QueuedConnection);
}

void ConversationContext::setColumn(qreal width)
{
    if (std::exchange(m_column, width) != width)
        emit columnChanged();
}

void ConversationContext::setHoveredLink(const QString& target)
{
    if (std::exchange(m_hoveredLink, target) != target)
        emit hoveredLinkChanged();
}

void ConversationContext::scrollTo(qint64 messageId, int block, qreal x)
{
    m_scrolls[{messageId, block}] = x;
    emit scrolled(messageId, block, x);
}
