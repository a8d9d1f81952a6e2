#pragma once

#include "chat/conversation_text_item.hpp"
#include "chat/prose_row.hpp"

/// A paragraph, a heading, or a part of a long one: as wide as the list, its text in the column, with the marker of a
/// list item and the bars of quotes and of thinking beside it. GUI thread.
class ConversationProseItem : public ConversationTextItem
{
    Q_OBJECT
    QML_NAMED_ELEMENT(ConversationProse)
    Q_PROPERTY(ProseRow prose READ prose WRITE setProse NOTIFY proseChanged REQUIRED)
    Q_PROPERTY(QPointF taskPlace READ taskPlace NOTIFY placeChanged)
public:
    explicit ConversationProseItem(QQuickItem* parent = nullptr);

    ProseRow prose() const { return m_prose; }
    void setProse(const ProseRow& prose);
    QPointF taskPlace() const;                          ///< of the box of a task, 14 pixels wide
    bool contains(const QPointF& point) const override; ///< the column alone follows the pointer

signals:
    void proseChanged();
    void placeChanged();

protected:
    QPointF textOrigin() const override;
    qreal textWidth() const override { return context() ? context()->column() - indent() : 0; }
    qreal heightAround(qreal text) const override { return m_prose.gap + text; }
    void addMarks(Grounds& grounds) const override;
    QString marker() const override { return m_prose.marker; }
    void geometryChange(const QRectF& now, const QRectF& before) override;

private:
    void followColumn();
    int indent() const { return m_prose.listDepth * 24 + m_prose.quoteDepth * 16 + (m_prose.thought ? 16 : 0); }

    ProseRow m_prose;
};
