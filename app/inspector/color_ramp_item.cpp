#include "inspector/color_ramp_item.hpp"

#include <QQuickWindow>
#include <QSGImageNode>

#include <cstring>

#include "inspector/color_tables.hpp"

ColorRampItem::ColorRampItem(QQuickItem* parent) : QQuickItem(parent)
{
    setFlag(ItemHasContents);
    connect(this, &ColorRampItem::changed, this, [this] {
        m_dirty = true;
        update();
    });
}

QSGNode* ColorRampItem::updatePaintNode(QSGNode* node, UpdatePaintNodeData*)
{
    auto* imageNode = static_cast<QSGImageNode*>(node);
    if (!imageNode) {
        imageNode = window()->createImageNode();
        imageNode->setOwnsTexture(true);
        imageNode->setFiltering(QSGTexture::Nearest);
        m_dirty = true;
    }
    if (m_dirty) {
        const ColorTable& table =
            m_diverging ? divergingTable(m_dark) : sequentialTable(colormapFromName(m_colormap), m_dark);
        QImage image(int(table.entries.size()), 1, QImage::Format_RGB32);
        std::memcpy(image.scanLine(0), table.entries.data(), sizeof table.entries);
        imageNode->setTexture(window()->createTextureFromImage(image, QQuickWindow::TextureIsOpaque));
        m_dirty = false;
    }
    imageNode->setRect(boundingRect());
    return imageNode;
}
