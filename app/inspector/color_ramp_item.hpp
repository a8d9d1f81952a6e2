#pragma once

#include <QQuickItem>

/// A colour table laid out from left to right: a legend. Works on every scene graph.
class ColorRampItem : public QQuickItem
{
    Q_OBJECT
    QML_NAMED_ELEMENT(ColorRamp)
    Q_PROPERTY(QString colormap MEMBER m_colormap NOTIFY changed)
    Q_PROPERTY(bool dark MEMBER m_dark NOTIFY changed)
    Q_PROPERTY(bool diverging MEMBER m_diverging NOTIFY changed)
public:
    explicit ColorRampItem(QQuickItem* parent = nullptr);

signals:
    void changed();

protected:
    QSGNode* updatePaintNode(QSGNode* node, UpdatePaintNodeData* data) override;

private:
    QString m_colormap;
    bool m_dark = false, m_diverging = false, m_dirty = true;
};
