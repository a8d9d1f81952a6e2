#include "chat/conversation_text_item.hpp"

#include <QGuiApplication>
#include <QQuickWindow>
#include <QSGRectangleNode>
#include <QSGTextNode>
#include <QStyleHints>
#include <QTextBoundaryFinder>

#include <algorithm>
#include <utility>

/// The text nodes of the pieces, in front of the grounds of marks and selection. Transform nodes, because the software
/// renderer knows the place of a node that is added later only below one.
class ConversationTextItem::Node : public QSGTransformNode
{
public:
    struct PieceNode {
        quint64 id = 0;
        qreal y = 0;
        QSGNode* node = nullptr;
    };
    Node() { appendChildNode(&grounds); }
    ~Node() override { removeChildNode(&grounds); }

    QSGTransformNode grounds;
    QSGTextNode* marker = nullptr;             // a child; null: none
    std::vector<QSGRectangleNode*> rectangles; // children of grounds
    std::vector<PieceNode> pieces;
};

ConversationTextItem::ConversationTextItem(QQuickItem* parent) : QQuickItem(parent)
{
    setFlag(ItemHasContents);
    setAcceptedMouseButtons(Qt::LeftButton);
    setAcceptHoverEvents(true);
    setCursor(Qt::IBeamCursor);
}

void ConversationTextItem::setContent(const RowTextRef& content)
{
    if (content == m_content)
        return;
    m_content = content;
    relayout(false);
    emit contentChanged();
}

void ConversationTextItem::setStyle(ConversationStyle* style)
{
    if (style == m_style)
        return;
    if (m_style)
        disconnect(m_style, nullptr, this, nullptr);
    m_style = style;
    if (m_style)
        connect(m_style, &ConversationStyle::changed, this, &ConversationTextItem::restyle);
    relayout(true);
    emit styleChanged();
}

/// Several colours and fonts change together when the theme does: once is enough.
void ConversationTextItem::restyle()
{
    if (!std::exchange(m_restyling, true))
        QMetaObject::invokeMethod(
            this,
            [this] {
                m_restyling = false;
                relayout(true);
            },
            Qt::QueuedConnection);
}

void ConversationTextItem::setDim(bool dim)
{
    if (std::exchange(m_dim, dim) == dim)
        return;
    m_repaint = true;
    emit lookChanged();
    update();
}

void ConversationTextItem::setWriting(bool writing)
{
    if (std::exchange(m_writing, writing) == writing)
        return;
    emit writingChanged();
    update();
}

void ConversationTextItem::setMarker(const QString& marker)
{
    if (std::exchange(m_marker, marker) == marker)
        return;
    m_markerChanged = true;
    emit marksChanged();
    update();
}

void ConversationTextItem::setHighlightStart(int start)
{
    if (std::exchange(m_highlightStart, start) == start)
        return;
    emit highlightChanged();
    update();
}

void ConversationTextItem::setHighlightLength(int length)
{
    if (std::exchange(m_highlightLength, length) == length)
        return;
    emit highlightChanged();
    update();
}

qreal ConversationTextItem::lineHeight() const
{
    if (!m_style)
        return 20;
    switch (m_look) {
    case Code:
        return std::round(m_style->codeSize * 1.55);
    case Heading:
        return std::round(spec().font.pixelSize() * 1.35);
    case TableHeader:
    case TableRow:
        return std::round(m_style->bodySize * 1.45);
    case Prose:
        break;
    }
    return std::round(m_style->bodySize * 1.6);
}

ConversationLayout::Spec ConversationTextItem::spec() const
{
    ConversationLayout::Spec s;
    s.font = QFont(m_style->family);
    s.monoFont = QFont(m_style->monoFamily);
    s.monoFont.setStyleHint(QFont::Monospace);
    s.monoFont.setFeature("calt", 0); // no glyph stands for several characters ("=="): each can be clicked
    s.font.setPixelSize(m_style->bodySize);
    s.monoFont.setPixelSize(std::max(m_style->codeSize, 1));
    if (m_look == Heading) { // three sizes of the scale are enough for six levels
        s.font.setPixelSize(m_level <= 1   ? m_style->titleSize
                            : m_level == 2 ? m_style->bodySize + 3
                                           : m_style->bodySize + 1);
        s.monoFont.setPixelSize(s.font.pixelSize() - 1);
    }
    if (m_look == Heading || m_look == TableHeader)
        s.font.setWeight(QFont::DemiBold);
    if (m_look == Code) {
        s.font = s.monoFont;
        s.wrap = false;
    }
    s.cells = m_look == TableHeader || m_look == TableRow;
    if (s.cells) {
        s.columns = m_columns;
        s.aligns = m_aligns;
        s.font.setFeature("tnum", 1);
    }
    s.width = m_look == Code ? 0 : width();
    s.growing = m_writing;
    return s;
}

void ConversationTextItem::relayout(bool anew)
{
    if (!m_style || !isComponentComplete() || (m_look != Code && width() <= 0))
        return;
    ConversationLayout::Spec s = spec();
    s.lineHeight = lineHeight();
    const qreal contentWidth = m_layout.contentWidth(), tableWidth = m_layout.tableWidth();
    if (anew)
        m_repaint = true;
    if (!m_layout.set(m_content, s, *m_style, anew || m_repaint))
        return;
    const auto size = static_cast<int>(m_layout.text().size());
    if (std::max(m_anchor, m_cursor) > size)
        setSelection(0, 0);
    setImplicitHeight(m_layout.height());
    setImplicitWidth(m_layout.contentWidth());
    if (contentWidth != m_layout.contentWidth() || tableWidth != m_layout.tableWidth())
        emit contentWidthChanged();
    update();
}

void ConversationTextItem::componentComplete()
{
    QQuickItem::componentComplete();
    relayout(true);
}

void ConversationTextItem::geometryChange(const QRectF& now, const QRectF& before)
{
    QQuickItem::geometryChange(now, before);
    if (now.width() != before.width())
        relayout(false);
}

QList<ConversationTextItem::Ground> ConversationTextItem::grounds() const
{
    QList<Ground> list;
    const auto add = [&](int start, int length, const QColor& color, qreal outset) {
        for (const QRectF& rect : m_layout.rectsOf(start, length))
            list.append({rect.adjusted(-outset, 0, outset, 0), color});
    };
    const qreal left = -m_indent + (m_thought ? 16 : 0);
    if (m_thought)
        list.append({{-m_indent + 5, -m_gap, 1, m_layout.height() + m_gap}, m_style->line});
    for (int i = 0; i < m_quoteDepth; ++i) {
        const qreal above = i < m_quoteAbove ? m_gap : 0;
        list.append({{left + i * 16, -above, 3, m_layout.height() + above}, m_style->line});
    }
    if (m_look != Code) {
        for (const TextRun& run : m_layout.row().runs) {
            if (run.flags & TextRun::Code)
                add(run.start, run.length, m_style->codeGround, 2);
        }
    }
    if (m_highlightLength > 0) {
        add(m_highlightStart, m_highlightLength, m_style->highlight, 1);
        for (const QRectF& rect : m_layout.rectsOf(m_highlightStart, m_highlightLength))
            list.append({{rect.left(), rect.bottom(), rect.width(), 2}, m_style->accent});
    }
    if (m_anchor != m_cursor)
        add(std::min(m_anchor, m_cursor), std::abs(m_cursor - m_anchor), m_style->selection, 0);
    if (m_writing) {
        const QRectF at = m_layout.cursorAt(static_cast<int>(m_layout.text().size()));
        list.append({{at.x() + 1, at.y() + 1, 7, at.height() - 2}, m_style->accent});
    }
    return list;
}

QSGNode* ConversationTextItem::updatePaintNode(QSGNode* old, UpdatePaintNodeData*)
{
    auto* node = static_cast<Node*>(old);
    if (!m_style)
        return node;
    if (!node)
        node = new Node;
    if (m_repaint) {
        for (const Node::PieceNode& piece : node->pieces)
            delete piece.node;
        node->pieces.clear();
        m_repaint = false;
        m_markerChanged = true;
    }
    if (std::exchange(m_markerChanged, false)) {
        delete std::exchange(node->marker, nullptr);
        if (!m_marker.isEmpty()) {
            QTextLayout layout(m_marker, spec().font);
            layout.beginLayout();
            QTextLine line = layout.createLine();
            layout.endLayout();
            node->marker = window()->createTextNode();
            node->marker->setRenderType(static_cast<QSGTextNode::RenderType>(QQuickWindow::textRenderType()));
            node->marker->setColor(m_style->dim);
            node->marker->addTextLayout({-line.naturalTextWidth() - 7, std::floor((lineHeight() - line.height()) / 2)},
                                        &layout);
            node->appendChildNode(node->marker);
        }
    }
    const auto& pieces = m_layout.pieces();
    size_t same = 0;
    while (same < pieces.size() && same < node->pieces.size() && node->pieces[same].id == pieces[same].id &&
           node->pieces[same].y == pieces[same].y)
        ++same;
    for (size_t i = same; i < node->pieces.size(); ++i)
        delete node->pieces[i].node;
    node->pieces.resize(same);
    for (size_t i = same; i < pieces.size(); ++i) {
        const ConversationLayout::Piece& piece = pieces[i];
        QSGTextNode* text = window()->createTextNode();
        text->setRenderType(static_cast<QSGTextNode::RenderType>(QQuickWindow::textRenderType()));
        text->setColor(m_dim ? m_style->dim : m_style->text);
        text->setLinkColor(m_style->accent);
        if (piece.lines > 0)
            text->addTextLayout({piece.x, piece.y}, piece.layout.get(), -1, -1, 0, piece.lines);
        node->appendChildNode(text);
        node->pieces.push_back({piece.id, piece.y, text});
    }
    // Only what moved is touched: each changed node makes the software renderer paint all text it lies under.
    const QList<Ground> wanted = grounds();
    for (qsizetype i = 0; i < wanted.size(); ++i) {
        const bool known = i < std::ssize(node->rectangles);
        if (!known) {
            node->rectangles.push_back(window()->createRectangleNode());
            node->grounds.appendChildNode(node->rectangles.back());
        }
        QSGRectangleNode* rectangle = node->rectangles[static_cast<size_t>(i)];
        if (!known || rectangle->rect() != wanted[i].rect)
            rectangle->setRect(wanted[i].rect);
        if (!known || rectangle->color() != wanted[i].color)
            rectangle->setColor(wanted[i].color);
    }
    while (std::ssize(node->rectangles) > wanted.size()) {
        delete node->rectangles.back();
        node->rectangles.pop_back();
    }
    return node;
}

QRectF ConversationTextItem::rectangleAt(int offset) const
{
    return m_layout.rectsOf(offset, 1).value(0);
}

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

QString ConversationTextItem::linkAt(QPointF point) const
{
    const int offset = m_layout.offsetAt(point, false);
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
    const int at = m_layout.offsetAt(event->position(), true);
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
        setSelection(m_anchor, m_layout.offsetAt(event->position(), true));
}

void ConversationTextItem::mouseReleaseEvent(QMouseEvent* event)
{
    setKeepMouseGrab(false);
    if (!std::exchange(m_pressed, false) || m_selecting)
        return;
    if (const QString link = linkAt(event->position()); !link.isEmpty())
        emit linkActivated(link, event->position());
    else if (const int offset = m_layout.offsetAt(event->position(), false); offset >= 0)
        emit clicked(offset);
}

void ConversationTextItem::mouseDoubleClickEvent(QMouseEvent* event)
{
    QTextBoundaryFinder word(QTextBoundaryFinder::Word, m_layout.text());
    const int at = m_layout.offsetAt(event->position(), true);
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
    emit hoveredLinkChanged();
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
    if (event->matches(QKeySequence::Copy) && m_anchor != m_cursor)
        emit copyRequested(selectedText());
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
