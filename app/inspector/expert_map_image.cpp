#include "inspector/expert_map_image.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace
{

QRgb* line(QImage& image, int y)
{
    return reinterpret_cast<QRgb*>(image.scanLine(y));
} // 32-bit format, set below

void fillRect(QImage& image, const QRect& rect, QRgb color)
{
    const QRect r = rect & image.rect();
    for (int y = r.top(); y <= r.bottom(); ++y)
        std::fill_n(line(image, y) + r.left(), r.width(), color);
}

void drawDense(QImage& image, const QRect& row, QRgb ink, int scale)
{
    const int period = 5 * scale;
    for (int y = row.top(); y <= row.bottom(); ++y) {
        QRgb* pixels = line(image, y);
        for (int x = row.left(); x <= row.right(); ++x)
            pixels[x] = (x + y) % period < scale ? ink : 0;
    }
}

// One row of cells: the first scanline with outlines closed, the second open, the rest copies.
void drawRow(QImage& image, const ExpertMapLayout& layout, int layer, const MapPlane& plane, const ColorTable& table,
             const MapInk& ink)
{
    const int moe = layout.moeIndex(layer);
    const QRect first = layout.cell(layer, 0);
    QRgb* edge = line(image, first.top());
    QRgb* inner = first.height() > 1 ? line(image, first.top() + 1) : edge;
    for (int column = 0; column < layout.columns(); ++column) {
        const QRect cell = layout.cell(layer, column);
        const float value =
            layout.isShared(column) ? 0 : plane.values[size_t(moe) * size_t(layout.experts()) + size_t(column)];
        if (std::isnan(value)) {
            if (!layout.outlines())
                continue;
            std::fill_n(edge + cell.left(), cell.width(), ink.line);
            inner[cell.left()] = inner[cell.right()] = ink.line;
            continue;
        }
        const QRgb color = layout.isShared(column) ? ink.shared : table.at(plane.share(value));
        std::fill_n(edge + cell.left(), cell.width(), color);
        std::fill_n(inner + cell.left(), cell.width(), color);
    }
    const size_t bytes = size_t(image.bytesPerLine());
    for (int y = first.top() + 2; y < first.bottom(); ++y)
        std::memcpy(line(image, y), inner, bytes);
    if (first.height() > 2)
        std::memcpy(line(image, first.bottom()), edge, bytes);
}

void drawRing(QImage& image, const QRect& cell, bool outlines, QRgb ink, int width)
{
    if (!outlines) {
        fillRect(image, cell, ink);
        return;
    }
    // The outer pixel lies in the gap, so that the cell's colour stays visible inside.
    const QRect outer = cell.adjusted(-1, -1, 1, 1);
    const int w = cell.width() < 7 || cell.height() < 7 ? 1 : width;
    fillRect(image, QRect(outer.left(), outer.top(), outer.width(), w), ink);
    fillRect(image, QRect(outer.left(), outer.bottom() - w + 1, outer.width(), w), ink);
    fillRect(image, QRect(outer.left(), outer.top(), w, outer.height()), ink);
    fillRect(image, QRect(outer.right() - w + 1, outer.top(), w, outer.height()), ink);
}

} // namespace

void drawMap(QImage& image, const ExpertMapLayout& layout, const MapPlane& plane, const ColorTable& table,
             const MapInk& ink, const QList<MapCell>& ringed, double scale)
{
    if (image.size() != layout.size() || image.format() != QImage::Format_ARGB32_Premultiplied)
        image = QImage(layout.size(), QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return;
    image.fill(Qt::transparent);
    const int px = std::max(1, int(std::lround(scale)));
    for (int layer = 0; layer < layout.layers(); ++layer) {
        if (layout.moeIndex(layer) < 0)
            drawDense(image, layout.row(layer), ink.line, px);
        else
            drawRow(image, layout, layer, plane, table, ink);
    }
    for (const MapCell& cell : ringed)
        drawRing(image, layout.cell(cell.layer, cell.column), layout.outlines(), ink.ring, 2 * px);
}
