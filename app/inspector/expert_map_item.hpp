#pragma once

#include <QColor>
#include <QImage>
#include <QPointer>
#include <QQuickItem>

#include "inspector/expert_map_image.hpp"
#include "inspector/inspector.hpp"

/// A label of the map's edge, in logical pixels of the item.
class MapTick
{
    Q_GADGET
    QML_VALUE_TYPE(mapTick)
    Q_PROPERTY(QString text MEMBER text)
    Q_PROPERTY(double at MEMBER at)
public:
    QString text;
    double at = 0;
    bool operator==(const MapTick&) const = default;
};

/// The layers × experts map: one image, one texture, one node, on every scene graph. Drawn anew when the inspector says
/// so (at most 30 times a second) and only while visible. A cell cursor follows the mouse and the arrow keys; what it
/// points at is told in words. GUI thread but for updatePaintNode.
class ExpertMapItem : public QQuickItem
{
    Q_OBJECT
    QML_NAMED_ELEMENT(ExpertMap)
    Q_PROPERTY(Inspector* inspector READ inspector WRITE setInspector NOTIFY inspectorChanged REQUIRED)
    Q_PROPERTY(QString colormap MEMBER m_colormap NOTIFY looksChanged)
    Q_PROPERTY(bool dark MEMBER m_dark NOTIFY looksChanged)
    Q_PROPERTY(QColor lineColor MEMBER m_lineColor NOTIFY looksChanged)
    Q_PROPERTY(QColor ringColor MEMBER m_ringColor NOTIFY looksChanged)
    Q_PROPERTY(QColor sharedColor MEMBER m_sharedColor NOTIFY looksChanged)
    Q_PROPERTY(double viewWidth MEMBER m_viewWidth NOTIFY spaceChanged)
    Q_PROPERTY(double viewHeight MEMBER m_viewHeight NOTIFY spaceChanged)
    Q_PROPERTY(int zoom READ zoom WRITE setZoom NOTIFY spaceChanged)
    Q_PROPERTY(QList<MapTick> layerTicks READ layerTicks NOTIFY layoutChanged)
    Q_PROPERTY(QList<MapTick> expertTicks READ expertTicks NOTIFY layoutChanged)
    Q_PROPERTY(QRectF selectedRow READ selectedRow NOTIFY selectedRowChanged)
    Q_PROPERTY(bool outlines READ hasOutlines NOTIFY layoutChanged)
    Q_PROPERTY(bool hasDense READ hasDense NOTIFY layoutChanged)
    Q_PROPERTY(bool hasShared READ hasShared NOTIFY layoutChanged)
    Q_PROPERTY(bool hasCursor READ hasCursor NOTIFY cursorChanged)
    Q_PROPERTY(QRectF cursorRect READ cursorRect NOTIFY cursorChanged)
    Q_PROPERTY(QString cursorText READ cursorText NOTIFY cursorTextChanged)
    Q_PROPERTY(QString lowText READ lowText NOTIFY scaleChanged)
    Q_PROPERTY(QString highText READ highText NOTIFY scaleChanged)
    Q_PROPERTY(bool diverging READ isDiverging NOTIFY scaleChanged)
public:
    static constexpr int kMaxZoom = 8;

    explicit ExpertMapItem(QQuickItem* parent = nullptr);

    Inspector* inspector() const { return m_inspector; }
    void setInspector(Inspector* inspector);
    int zoom() const { return m_zoom; } ///< cells this many times as wide as fits; 1 shows all
    void setZoom(int zoom);
    QList<MapTick> layerTicks() const;
    QList<MapTick> expertTicks() const;
    QRectF selectedRow() const { return m_selectedRow; } ///< of the inspector's layer; empty when there is none
    bool hasOutlines() const { return m_layout.outlines(); }
    bool hasDense() const { return m_shape.moeLayers.size() < m_shape.nLayers; }
    bool hasShared() const { return m_shape.nSharedExperts > 0; }
    bool hasCursor() const { return m_cursor.has_value(); }
    QRectF cursorRect() const;
    QString cursorText() const { return m_cursorText; }
    QString lowText() const;
    QString highText() const;
    bool isDiverging() const { return m_plane.diverging; }

    /// Exact values of a cell in words; `layer` counts all layers, experts beyond the routed ones are shared.
    Q_INVOKABLE QString valueText(int layer, int expert) const;
    Q_INVOKABLE void clearCursor();

    // For tests: what was drawn, and where.
    const QImage& image() const { return m_image; }
    const ExpertMapLayout& layout() const { return m_layout; }
    const MapPlane& plane() const { return m_plane; }

signals:
    void inspectorChanged();
    void looksChanged();
    void spaceChanged();
    void layoutChanged();
    void selectedRowChanged();
    void cursorChanged();
    void cursorTextChanged();
    void scaleChanged();

protected:
    void updatePolish() override;
    QSGNode* updatePaintNode(QSGNode* node, UpdatePaintNodeData* data) override;
    void itemChange(ItemChange change, const ItemChangeData& value) override;
    void hoverMoveEvent(QHoverEvent* event) override;
    void hoverLeaveEvent(QHoverEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    double devicePixelRatio() const;
    void mapChanged();
    void layOut();
    void draw();
    QList<MapCell> ringed() const;
    void updateSelectedRow();
    void setCursor(std::optional<MapCell> cell);
    void updateCursorText();
    void moveCursor(int layers, int columns);
    void cursorToEdge(bool end, bool wholeMap);
    std::optional<MapCell> cellAt(QPointF point) const;

    QPointer<Inspector> m_inspector;
    QString m_colormap, m_cursorText;
    bool m_dark = false;
    QColor m_lineColor, m_ringColor, m_sharedColor;
    double m_viewWidth = 0, m_viewHeight = 208;
    int m_zoom = 1;
    bool m_layoutDirty = true, m_imageDirty = true, m_textureDirty = true;
    RoutingShape m_shape;
    QRectF m_selectedRow;
    ExpertMapLayout m_layout;
    MapPlane m_plane;
    QImage m_image;
    std::optional<MapCell> m_cursor;
    bool m_cursorFromMouse = false;
};
