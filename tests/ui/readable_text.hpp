#pragma once

#include <QImage>
#include <QList>
#include <QPointer>
#include <QQuickItem>
#include <QString>

class QQuickWindow;

/// A piece of text as a window shows it: a label, an editor, or one word of a conversation. Places are in pixels of the
/// window.
struct ShownText {
    QPointer<QQuickItem> item;
    QString text;
    QRectF rect;                ///< where its letters stand
    QRectF seen;                ///< what the parents that clip leave of it
    QColor declared;            ///< its colour with its opacity; invalid: known only from the pixels
    bool cutAcross = false;     ///< a parent cuts it, and does not scroll that way
    QQuickItem* view = nullptr; ///< the Flickable that scrolls it, if any
    bool floats = false;        ///< part of a popup
    bool truncated = false;     ///< ends in an ellipsis
    bool overflows = false;     ///< larger than its item
};

/// The texts of a window in the order they are painted, without those that something else is painted over as a whole:
/// a dialog, an overlay pane and its shade.
QList<ShownText> shownTexts(QQuickWindow& window);

/// What cannot be read well in the window as it is painted now, one sentence each: text that is cut off, outside the
/// window, under something, over another text, or whose contrast to its ground is below 4.5:1 (WCAG 2.1).
QStringList unreadableTexts(QQuickWindow& window, const QImage& picture);
