#pragma once

#include <QList>
#include <QRect>

#include <optional>

#include "bridge/run_events.hpp"

/// A place on the map. `layer` counts all layers of the model; column < experts: an expert, else a shared expert.
struct MapCell {
    int layer = 0, column = 0;
    bool operator==(const MapCell&) const = default;
};

/// Where each cell lies, in device pixels: whole numbers, so that no cell is wider than its neighbour. Layers go down,
/// experts go right with a gap between groups, shared experts stand apart. A value; hit tests are arithmetic.
class ExpertMapLayout
{
public:
    struct Space {
        int width = 0;    ///< device pixels to fill at zoom 1
        int height = 0;   ///< device pixels not to exceed, as far as rows stay 3 pixels high
        double scale = 1; ///< device pixels per logical pixel
        int zoom = 1;     ///< cells this many times as wide; the map then scrolls
    };
    ExpertMapLayout() = default;
    ExpertMapLayout(const RoutingShape& shape, const Space& space);

    QSize size() const { return m_size; }
    int layers() const { return m_layers; }
    int experts() const { return m_experts; }
    int columns() const { return m_experts + m_shared; }
    /// Row of the routing arrays, or -1 for a dense layer.
    int moeIndex(int layer) const { return m_moeIndex.value(layer, -1); }
    bool isShared(int column) const { return column >= m_experts; }
    QRect cell(int layer, int column) const { return {columnX(column), rowY(layer), m_cellWidth, m_cellHeight}; }
    QRect row(int layer) const { return {0, rowY(layer), columnX(m_experts - 1) + m_cellWidth, m_cellHeight}; }
    /// Cells are large enough for an outline or a ring around their colour.
    bool outlines() const { return m_pitchX >= 4 && m_cellHeight >= 3; }
    int pitchX() const { return m_pitchX; }
    int pitchY() const { return m_pitchY; }
    /// The cell under a point, gaps counted to the cell before them; nothing between groups, in dense layers or
    /// outside.
    std::optional<MapCell> hit(QPoint point) const;

private:
    int columnX(int column) const;
    int rowY(int layer) const { return m_margin + layer * m_pitchY; }

    int m_layers = 0, m_experts = 0, m_shared = 0, m_groupSize = 1;
    QList<int> m_moeIndex;
    int m_pitchX = 1, m_pitchY = 1, m_cellWidth = 1, m_cellHeight = 1, m_groupGap = 0, m_sharedX = 0, m_margin = 0;
    QSize m_size;
};
