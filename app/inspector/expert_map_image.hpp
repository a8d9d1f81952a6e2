#pragma once

#include <QImage>

#include "inspector/color_tables.hpp"
#include "inspector/expert_map_layout.hpp"
#include "inspector/expert_map_plane.hpp"

/// Colours of what is not data.
struct MapInk {
    QRgb line = 0xff808080;   ///< outline of a never-used expert, hatching of a dense layer
    QRgb ring = 0xff000000;   ///< around the experts of the current token
    QRgb shared = 0xff808080; ///< shared experts, which have no choice to show
};

/// Draws the map: each used cell is exactly table.at(plane.share(value)), on a transparent ground; then `ringed`, the
/// cells of the current token. Cells too small for an outline or a ring (under 4 device pixels) stay empty, or are
/// filled with the ring's colour. `image` is used again when its size fits. O(pixels).
void drawMap(QImage& image, const ExpertMapLayout& layout, const MapPlane& plane, const ColorTable& table,
             const MapInk& ink, const QList<MapCell>& ringed, double scale);
