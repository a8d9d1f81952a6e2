#include "chat/conversation_text_node.hpp"

#include <QMatrix4x4>
#include <QQuickWindow>
#include <QSGRectangleNode>
#include <QSGTextNode>

#include <utility>

QSGTextNode* ConversationTextNode::makeText(const QColor& color)
{
    QSGTextNode* text = m_window.createTextNode();
    text->setRenderType(static_cast<QSGTextNode::RenderType>(QQuickWindow::textRenderType()));
    text->setColor(color);
    return text;
}

void ConversationTextNode::moveTo(QPointF origin)
{
    if (std::exchange(m_origin, origin) == origin)
        return;
    QMatrix4x4 matrix;
    matrix.translate(static_cast<float>(origin.x()), static_cast<float>(origin.y()));
    setMatrix(matrix);
}

void ConversationTextNode::clear()
{
    for (const PieceNode& piece : m_pieces)
        delete piece.node;
    m_pieces.clear();
    delete std::exchange(m_marker, nullptr);
}

void ConversationTextNode::setPieces(const std::vector<ConversationLayout::Piece>& pieces, const Ink& ink)
{
    size_t same = 0;
    while (same < pieces.size() && same < m_pieces.size() && m_pieces[same].id == pieces[same].id &&
           m_pieces[same].y == pieces[same].y)
        ++same;
    for (size_t i = same; i < m_pieces.size(); ++i)
        delete m_pieces[i].node;
    m_pieces.resize(same);
    for (size_t i = same; i < pieces.size(); ++i) {
        const ConversationLayout::Piece& piece = pieces[i];
        QSGTextNode* text = makeText(ink.text);
        text->setLinkColor(ink.link);
        if (piece.lines > 0)
            text->addTextLayout({piece.x, piece.y}, piece.layout.get(), -1, -1, 0, piece.lines);
        appendChildNode(text);
        m_pieces.push_back({piece.id, piece.y, text});
    }
}

void ConversationTextNode::setMarker(QTextLayout* layout, QPointF at, const QColor& color)
{
    delete std::exchange(m_marker, nullptr);
    if (!layout)
        return;
    m_marker = makeText(color);
    m_marker->addTextLayout(at, layout);
    appendChildNode(m_marker);
}

void ConversationTextNode::setGrounds(const QList<Ground>& grounds)
{
    // Only what moved is touched: each changed node makes the software renderer paint all text it lies under.
    for (qsizetype i = 0; i < grounds.size(); ++i) {
        const bool known = i < std::ssize(m_grounds);
        if (!known) {
            QSGRectangleNode* added = m_window.createRectangleNode();
            m_grounds.empty() ? prependChildNode(added) : insertChildNodeAfter(added, m_grounds.back());
            m_grounds.push_back(added);
        }
        QSGRectangleNode* rectangle = m_grounds[static_cast<size_t>(i)];
        if (!known || rectangle->rect() != grounds[i].rect)
            rectangle->setRect(grounds[i].rect);
        if (!known || rectangle->color() != grounds[i].color)
            rectangle->setColor(grounds[i].color);
    }
    while (std::ssize(m_grounds) > grounds.size()) {
        delete m_grounds.back();
        m_grounds.pop_back();
    }
}
