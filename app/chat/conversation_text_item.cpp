#include "chat/conversation_text_item.hpp"

#include <QAccessible>
#include <QCursor>
#include <QTextLayout>

#include <algorithm>
#include <cmath>
#include <utility>

ConversationTextItem::ConversationTextItem(QQuickItem* parent) : QQuickItem(parent)
{
    setFlag(ItemHasContents);
    setAcceptedMouseButtons(Qt::LeftButton);
    setCursor(Qt::IBeamCursor);
}

void ConversationTextItem::setContext(ConversationContext* context)
{
    if (context == m_context)
        return;
    if (m_context)
        disconnect(m_context, nullptr, this, nullptr);
    m_context = context;
    if (m_context)
        connect(m_context, &ConversationContext::restyled, this, [this] { relayout(true); });
    relayout(true);
    emit contextChanged();
}

void ConversationTextItem::setContent(const RowTextRef& content)
{
    if (content == m_content)
        return;
    m_content = content;
    relayout(false);
    contentReplaced();
    emit contentChanged();
}

void ConversationTextItem::contentReplaced()
{
    // Each item that follows the pointer costs every frame; only links need it.
    if (const bool links = !m_content->links.isEmpty(); links != acceptHoverEvents()) {
        setHoveredLink({});
        setAcceptHoverEvents(links);
    }
    if (!m_writing || QAccessible::isActive())
        emit spokenChanged();
}

void ConversationTextItem::setDim(bool dim)
{
    if (std::exchange(m_dim, dim) == dim)
        return;
    repaint();
    emit lookChanged();
}

void ConversationTextItem::setWriting(bool writing)
{
    if (std::exchange(m_writing, writing) == writing)
        return;
    if (!writing)
        emit spokenChanged();
    emit writingChanged();
    if (!writing && m_look == Code)
        relayout(true); // its lines grew one by one; shown together they are a few nodes, which every frame walks
    update();
}

void ConversationTextItem::repaint()
{
    m_repaint = true;
    update();
}

qreal ConversationTextItem::lineHeight() const
{
    if (!hasStyle())
        return 20;
    switch (m_look) {
    case Code:
        return std::round(style().codeSize * 1.55);
    case Heading:
        return std::round(spec().font.pixelSize() * 1.35);
    case TableHeader:
    case TableRow:
        return std::round(style().bodySize * 1.45);
    case Prose:
        break;
    }
    return std::round(style().bodySize * 1.6);
}

ConversationLayout::Spec ConversationTextItem::spec() const
{
    ConversationLayout::Spec s;
    s.font = QFont(style().family);
    s.monoFont = QFont(style().monoFamily);
    s.monoFont.setStyleHint(QFont::Monospace);
    s.monoFont.setFeature("calt", 0); // no glyph stands for several characters ("=="): each can be clicked
    s.font.setPixelSize(style().bodySize);
    s.monoFont.setPixelSize(std::max(style().codeSize, 1));
    if (m_look == Heading) { // three sizes of the scale are enough for six levels
        s.font.setPixelSize(m_level <= 1   ? style().titleSize
                            : m_level == 2 ? style().bodySize + 3
                                           : style().bodySize + 1);
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
    return s;
}

void ConversationTextItem::relayout(bool anew)
{
    if (!hasStyle() || !isComponentComplete() || (m_look != Code && textWidth() <= 0))
        return;
    if (anew || m_repaint) {
        m_spec = spec();
        m_spec.lineHeight = lineHeight();
    }
    m_spec.width = m_look == Code ? 0 : textWidth();
    m_spec.growing = m_writing;
    const qreal contentWidth = m_layout.contentWidth(), tableWidth = m_layout.tableWidth();
    if (anew)
        m_repaint = true;
    if (!m_layout.set(m_content, m_spec, style(), anew || m_repaint))
        return;
    const auto size = static_cast<int>(m_layout.text().size());
    if (std::max(m_anchor, m_cursor) > size)
        setSelection(0, 0);
    setImplicitHeight(heightAround(m_layout.height()));
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

ConversationTextItem::Grounds ConversationTextItem::grounds() const
{
    Grounds list;
    const auto add = [&](int start, int length, const QColor& color, qreal outset) {
        for (const QRectF& rect : m_layout.rectsOf(start, length))
            list.append({rect.adjusted(-outset, 0, outset, 0), color});
    };
    addMarks(list);
    if (m_look != Code) {
        for (const TextRun& run : m_layout.row().runs) {
            if (run.flags & TextRun::Code)
                add(run.start, run.length, style().codeGround, 2);
        }
    }
    if (m_highlightLength > 0) {
        add(m_highlightStart, m_highlightLength, style().highlight, 1);
        for (const QRectF& rect : m_layout.rectsOf(m_highlightStart, m_highlightLength))
            list.append({{rect.left(), rect.bottom(), rect.width(), 2}, style().accent});
    }
    if (m_anchor != m_cursor)
        add(std::min(m_anchor, m_cursor), std::abs(m_cursor - m_anchor), style().selection, 0);
    if (m_writing) {
        const QRectF at = m_layout.cursorAt(static_cast<int>(m_layout.text().size()));
        list.append({{at.x() + 1, at.y() + 1, 7, at.height() - 2}, style().accent});
    }
    return list;
}

QSGNode* ConversationTextItem::updatePaintNode(QSGNode* old, UpdatePaintNodeData*)
{
    auto* node = static_cast<ConversationTextNode*>(old);
    if (!hasStyle())
        return node;
    if (!node)
        node = new ConversationTextNode(*window());
    if (std::exchange(m_repaint, false)) {
        node->clear();
        m_drawnMarker.clear();
    }
    node->moveTo(textOrigin());
    if (const QString wanted = marker(); std::exchange(m_drawnMarker, wanted) != wanted)
        updateMarker(*node);
    node->setPieces(m_layout.pieces(), {m_dim ? style().dim : style().text, style().accent});
    node->setGrounds(grounds());
    return node;
}

void ConversationTextItem::updateMarker(ConversationTextNode& node) const
{
    if (m_drawnMarker.isEmpty()) {
        node.setMarker(nullptr, {}, {});
        return;
    }
    QTextLayout layout(m_drawnMarker, spec().font);
    layout.beginLayout();
    const QTextLine line = layout.createLine();
    layout.endLayout();
    node.setMarker(&layout, {-line.naturalTextWidth() - 7, std::floor((lineHeight() - line.height()) / 2)},
                   style().dim);
}

QRectF ConversationTextItem::rectangleAt(int offset) const
{
    const QRectF rect = m_layout.rectsOf(offset, 1).value(0);
    return rect.isNull() ? rect : rect.translated(textOrigin());
}
