#include "inspector/expert_map_item.hpp"

#include <QQuickWindow>
#include <QSGImageNode>

#include <algorithm>

#include "inspector/color_tables.hpp"
#include "inspector/route_text.hpp"

ExpertMapItem::ExpertMapItem(QQuickItem* parent) : QQuickItem(parent)
{
    setFlag(ItemHasContents);
    setAcceptHoverEvents(true);
    setAcceptedMouseButtons(Qt::LeftButton);
    setActiveFocusOnTab(true);
    const auto redraw = [this] {
        m_imageDirty = true;
        polish();
    };
    connect(this, &ExpertMapItem::looksChanged, this, redraw);
    connect(this, &ExpertMapItem::spaceChanged, this, [this] {
        m_layoutDirty = true;
        polish();
    });
}

void ExpertMapItem::setInspector(Inspector* inspector)
{
    if (inspector == m_inspector)
        return;
    if (m_inspector)
        m_inspector->disconnect(this);
    m_inspector = inspector;
    if (inspector) {
        connect(inspector, &Inspector::mapChanged, this, &ExpertMapItem::mapChanged);
        connect(inspector, &Inspector::stateChanged, this, &ExpertMapItem::mapChanged);
        connect(inspector, &Inspector::modeChanged, this, &ExpertMapItem::scaleChanged);
        connect(inspector, &Inspector::tokenChanged, this, &ExpertMapItem::updateSelectedRow);
    }
    m_layoutDirty = true;
    polish();
    emit inspectorChanged();
    emit scaleChanged();
}

void ExpertMapItem::setZoom(int zoom)
{
    zoom = std::clamp(zoom, 1, kMaxZoom);
    if (zoom == m_zoom)
        return;
    m_zoom = zoom;
    emit spaceChanged();
}

double ExpertMapItem::devicePixelRatio() const
{
    return window() ? window()->effectiveDevicePixelRatio() : 1.0;
}

void ExpertMapItem::mapChanged()
{
    if (!m_inspector)
        return;
    if (m_inspector->history()->shape() != m_shape)
        m_layoutDirty = true;
    m_imageDirty = true;
    if (isVisible())
        polish();
}

void ExpertMapItem::layOut()
{
    m_layoutDirty = false;
    m_imageDirty = true;
    m_shape = m_inspector ? m_inspector->history()->shape() : RoutingShape{};
    const double dpr = devicePixelRatio();
    m_layout = ExpertMapLayout(m_shape, {int(m_viewWidth * dpr), int(m_viewHeight * dpr), dpr, m_zoom});
    setImplicitSize(m_layout.size().width() / dpr, m_layout.size().height() / dpr);
    if (m_cursor && (m_cursor->layer >= m_layout.layers() || m_cursor->column >= m_layout.columns() ||
                     m_layout.moeIndex(m_cursor->layer) < 0))
        m_cursor.reset();
    updateSelectedRow();
    emit layoutChanged();
    emit cursorChanged();
}

QList<MapCell> ExpertMapItem::ringed() const
{
    QList<MapCell> cells;
    const std::shared_ptr<const RoutingHistory> history = m_inspector->history();
    const std::optional<int> at = m_inspector->position();
    const std::optional<RouteRow> row = at ? history->row(*at) : std::nullopt;
    // In small cells a ring would hide the colour, and the weights of one token show where they are by themselves.
    if (!row || (m_inspector->mode() == MapModes::Now && !m_layout.outlines()))
        return cells;
    const size_t k = size_t(m_shape.nExpertsUsed);
    cells.reserve(qsizetype(row->ids.size()));
    for (size_t i = 0; i < row->ids.size(); ++i)
        cells += {m_shape.moeLayers[qsizetype(i / k)], row->ids[i]};
    return cells;
}

void ExpertMapItem::draw()
{
    m_imageDirty = false;
    const double high = m_plane.high;
    const bool diverging = m_plane.diverging;
    fillPlane(*m_inspector->history(), MapMode(m_inspector->mode()), m_inspector->position(), m_plane);
    const ColorTable& table =
        m_plane.diverging ? divergingTable(m_dark) : sequentialTable(colormapFromName(m_colormap), m_dark);
    drawMap(m_image, m_layout, m_plane, table, {m_lineColor.rgb(), m_ringColor.rgb(), m_sharedColor.rgb()}, ringed(),
            devicePixelRatio());
    m_textureDirty = true;
    update();
    if (high != m_plane.high || diverging != m_plane.diverging)
        emit scaleChanged();
    updateCursorText();
}

void ExpertMapItem::updatePolish()
{
    if (m_layoutDirty)
        layOut();
    if (m_imageDirty && m_inspector)
        draw();
}

QSGNode* ExpertMapItem::updatePaintNode(QSGNode* node, UpdatePaintNodeData*)
{
    if (m_image.isNull()) {
        delete node;
        return nullptr;
    }
    auto* imageNode = static_cast<QSGImageNode*>(node);
    if (!imageNode) {
        imageNode = window()->createImageNode();
        imageNode->setOwnsTexture(true);
        imageNode->setFiltering(QSGTexture::Nearest);
        m_textureDirty = true;
    }
    if (m_textureDirty) {
        imageNode->setTexture(window()->createTextureFromImage(m_image, QQuickWindow::TextureHasAlphaChannel));
        imageNode->setRect(QRectF(QPointF(0, 0), QSizeF(m_image.size()) / devicePixelRatio()));
        m_textureDirty = false;
    }
    return imageNode;
}

void ExpertMapItem::itemChange(ItemChange change, const ItemChangeData& value)
{
    if (change == ItemDevicePixelRatioHasChanged || change == ItemSceneChange)
        m_layoutDirty = true;
    if (change == ItemDevicePixelRatioHasChanged || change == ItemSceneChange ||
        (change == ItemVisibleHasChanged && value.boolValue))
        polish();
    QQuickItem::itemChange(change, value);
}

QList<MapTick> ExpertMapItem::layerTicks() const
{
    const double dpr = devicePixelRatio(), pitch = m_layout.pitchY() / dpr;
    int step = 1; // labels need 14 pixels each
    for (const int wider : {2, 5, 10, 20, 50}) {
        if (pitch * step >= 14)
            break;
        step = wider;
    }
    QList<MapTick> ticks;
    for (int layer = 0; layer < m_layout.layers(); layer += step) {
        const QRect row = m_layout.row(layer);
        ticks += {u'L' + QString::number(layer), (row.top() + row.height() / 2.0) / dpr};
    }
    return ticks;
}

QList<MapTick> ExpertMapItem::expertTicks() const
{
    QList<MapTick> ticks;
    if (m_layout.experts() < 1)
        return ticks;
    const double dpr = devicePixelRatio(), pitch = m_layout.pitchX() / dpr;
    const int group = m_shape.nGroup > 1 ? std::max(1, m_shape.nExperts / m_shape.nGroup) : 8;
    int step = group; // labels need 30 pixels each
    while (pitch * step < 30)
        step *= 2;
    for (int expert = 0; expert < m_layout.experts(); expert += step)
        ticks += {QString::number(expert), m_layout.cell(0, expert).left() / dpr};
    return ticks;
}

void ExpertMapItem::updateSelectedRow()
{
    QRectF next;
    if (m_inspector && m_inspector->layer() < m_shape.moeLayers.size() && m_layout.layers() > 0) {
        const QRect row = m_layout.row(m_shape.moeLayers[m_inspector->layer()]);
        const double dpr = devicePixelRatio();
        next = {row.x() / dpr, row.y() / dpr, row.width() / dpr, row.height() / dpr};
    }
    if (next == m_selectedRow)
        return;
    m_selectedRow = next;
    emit selectedRowChanged();
}

QString ExpertMapItem::lowText() const
{
    return m_plane.diverging ? tr("⅛×", "an eighth of a fair share") : QStringLiteral("0");
}

QString ExpertMapItem::highText() const
{
    if (!m_inspector)
        return {};
    switch (m_inspector->mode()) {
    case MapModes::Now:
        return tr("%1 router weight").arg(RouteText::significant(m_plane.high, 2));
    case MapModes::Fading:
        return tr("%1 mean weight").arg(RouteText::significant(m_plane.high, 2));
    case MapModes::Total:
        return RouteText::count(quint64(m_plane.high));
    default:
        return tr("8× fair share");
    }
}
