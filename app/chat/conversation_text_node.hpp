#pragma once

#include <QColor>
#include <QList>
#include <QRectF>
#include <QSGTransformNode>

#include <vector>

#include "chat/conversation_layout.hpp"

class QQuickWindow;
class QSGRectangleNode;
class QSGTextNode;

/// A row's text in the scene graph: its pieces in front of the grounds of marks and selection. A transform node,
/// because the software renderer knows the place of a node that is added later only below one. Render thread, while the
/// GUI thread waits.
class ConversationTextNode : public QSGTransformNode
{
public:
    struct Ground {
        QRectF rect;
        QColor color;
        bool operator==(const Ground&) const = default;
    };
    struct Ink {
        QColor text, link;
    };

    explicit ConversationTextNode(QQuickWindow& window) : m_window(window) {}

    void moveTo(QPointF origin);
    void clear(); ///< forgets the pieces and the marker
    /// Draws what is not drawn yet; pieces are known by their ids.
    void setPieces(const std::vector<ConversationLayout::Piece>& pieces, const Ink& ink);
    /// Draws `layout` at a point, left of the text; null: no marker.
    void setMarker(QTextLayout* layout, QPointF at, const QColor& color);
    void setGrounds(const QList<Ground>& grounds);

private:
    struct PieceNode {
        quint64 id = 0;
        qreal y = 0;
        QSGTextNode* node = nullptr; ///< a child
    };
    QSGTextNode* makeText(const QColor& color);

    QQuickWindow& m_window;
    QPointF m_origin;
    std::vector<QSGRectangleNode*> m_grounds; ///< the first children
    QSGTextNode* m_marker = nullptr;          ///< a child; null: none
    std::vector<PieceNode> m_pieces;
};
