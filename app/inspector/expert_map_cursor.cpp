// The cell cursor of ExpertMapItem: mouse, keyboard, and what it says.
#include "inspector/expert_map_item.hpp"

#include <QHoverEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "inspector/route_text.hpp"

QString ExpertMapItem::valueText(int layer, int expert) const
{
    if (!m_inspector || layer < 0 || layer >= m_layout.layers() || expert < 0 || expert >= m_layout.columns())
        return {};
    const int moe = m_layout.moeIndex(layer);
    if (moe < 0)
        return tr("Layer %1 is dense: it has no experts").arg(layer);
    if (m_layout.isShared(expert)) {
        const QString name = m_layout.columns() - m_layout.experts() > 1
                                 ? tr("Layer %1, shared expert %2").arg(layer).arg(expert - m_layout.experts())
                                 : tr("Layer %1, shared expert").arg(layer);
        return tr("%1: runs for every token").arg(name);
    }
    const std::shared_ptr<const RoutingHistory> history = m_inspector->history();
    std::optional<float> fading;
    if (m_inspector->mode() == MapModes::Fading && m_plane.values.size() == history->counts().size())
        fading = m_plane.values[history->cell(moe, expert)];
    return RouteText::expert(*history, moe, expert, fading);
}

std::optional<MapCell> ExpertMapItem::cellAt(QPointF point) const
{
    const QPointF device = point * devicePixelRatio();
    return m_layout.hit({int(std::floor(device.x())), int(std::floor(device.y()))});
}

QRectF ExpertMapItem::cursorRect() const
{
    if (!m_cursor)
        return {};
    const double dpr = devicePixelRatio();
    const QRect cell = m_layout.cell(m_cursor->layer, m_cursor->column);
    return {cell.x() / dpr, cell.y() / dpr, cell.width() / dpr, cell.height() / dpr};
}

void ExpertMapItem::setCursor(std::optional<MapCell> cell)
{
    if (cell == m_cursor)
        return;
    m_cursor = cell;
    emit cursorChanged();
    updateCursorText();
}

void ExpertMapItem::clearCursor()
{
    setCursor(std::nullopt);
}

void ExpertMapItem::updateCursorText()
{
    const QString text = m_cursor ? valueText(m_cursor->layer, m_cursor->column) : QString();
    if (text == m_cursorText)
        return;
    m_cursorText = text;
    emit cursorTextChanged();
}

void ExpertMapItem::moveCursor(int layers, int columns)
{
    if (m_layout.columns() == 0 || m_shape.moeLayers.isEmpty())
        return;
    if (!m_cursor)
        return setCursor(MapCell{m_shape.moeLayers.first(), 0});
    MapCell cell = *m_cursor;
    cell.column = std::clamp(cell.column + columns, 0, m_layout.columns() - 1);
    for (int layer = cell.layer + layers; layers != 0 && layer >= 0 && layer < m_layout.layers(); layer += layers) {
        if (m_layout.moeIndex(layer) >= 0) { // dense layers have no cells
            cell.layer = layer;
            break;
        }
    }
    setCursor(cell);
}

void ExpertMapItem::cursorToEdge(bool end, bool wholeMap)
{
    if (m_shape.moeLayers.isEmpty())
        return;
    const int layer =
        wholeMap || !m_cursor ? (end ? m_shape.moeLayers.last() : m_shape.moeLayers.first()) : m_cursor->layer;
    setCursor(MapCell{layer, end ? m_layout.columns() - 1 : 0});
}

void ExpertMapItem::keyPressEvent(QKeyEvent* event)
{
    m_cursorFromMouse = false;
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(0, -1);
    case Qt::Key_Right:
        return moveCursor(0, 1);
    case Qt::Key_Up:
        return moveCursor(-1, 0);
    case Qt::Key_Down:
        return moveCursor(1, 0);
    case Qt::Key_Home:
    case Qt::Key_End:
        return cursorToEdge(event->key() == Qt::Key_End, event->modifiers().testFlag(Qt::ControlModifier));
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_cursor && m_inspector)
            m_inspector->setLayer(m_layout.moeIndex(m_cursor->layer));
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return setZoom(m_zoom * 2);
    case Qt::Key_Minus:
        return setZoom(m_zoom / 2);
    default:
        event->ignore();
    }
}

void ExpertMapItem::focusInEvent(QFocusEvent* event)
{
    if (!m_cursor && event->reason() != Qt::MouseFocusReason)
        moveCursor(0, 0);
    QQuickItem::focusInEvent(event);
}

void ExpertMapItem::focusOutEvent(QFocusEvent* event)
{
    if (event->reason() != Qt::ActiveWindowFocusReason && event->reason() != Qt::PopupFocusReason)
        clearCursor();
    QQuickItem::focusOutEvent(event);
}

void ExpertMapItem::hoverMoveEvent(QHoverEvent* event)
{
    m_cursorFromMouse = true;
    setCursor(cellAt(event->position()));
}

void ExpertMapItem::hoverLeaveEvent(QHoverEvent*)
{
    if (m_cursorFromMouse)
        clearCursor();
}

void ExpertMapItem::mousePressEvent(QMouseEvent* event)
{
    const std::optional<MapCell> cell = cellAt(event->position());
    if (!cell || !m_inspector)
        return event->ignore();
    forceActiveFocus(Qt::MouseFocusReason);
    setCursor(cell);
    m_inspector->setLayer(m_layout.moeIndex(cell->layer));
}

void ExpertMapItem::wheelEvent(QWheelEvent* event)
{
    if (!event->modifiers().testFlag(Qt::ControlModifier) || event->angleDelta().y() == 0)
        return event->ignore(); // the pane scrolls
    setZoom(event->angleDelta().y() > 0 ? m_zoom * 2 : m_zoom / 2);
}
