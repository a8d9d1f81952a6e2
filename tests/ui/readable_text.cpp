#include "readable_text.hpp"

#include <QAccessible>
#include <QHash>
#include <QQuickWindow>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace
{

constexpr double requiredContrast = 4.5;
// A thin stroke of a small letter fills no pixel, so its darkest one is paler than the colour it is drawn in.
constexpr double requiredInk = 3.0;

double luminance(QRgb color)
{
    const auto linear = [](int part) {
        const double v = part / 255.0;
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(color)) + 0.7152 * linear(qGreen(color)) + 0.0722 * linear(qBlue(color));
}

double contrast(QRgb a, QRgb b)
{
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

QRgb over(const QColor& color, QRgb ground)
{
    const auto mix = [alpha = double(color.alphaF())](int top, int below) {
        return int(std::lround(top * alpha + below * (1 - alpha)));
    };
    return qRgb(mix(color.red(), qRed(ground)), mix(color.green(), qGreen(ground)), mix(color.blue(), qBlue(ground)));
}

/// The ground of a text is its most frequent colour; its ink is what stands out most from that.
struct Pixels {
    QRgb ground = 0;
    double ink = 1; ///< contrast
};

Pixels pixelsOf(const QImage& picture, const QRect& rect)
{
    QHash<QRgb, int> counts;
    for (int y = rect.top(); y <= rect.bottom(); ++y) {
        const auto* line = reinterpret_cast<const QRgb*>(picture.constScanLine(y));
        for (int x = rect.left(); x <= rect.right(); ++x)
            ++counts[line[x] | 0xff000000];
    }
    Pixels pixels;
    int most = 0;
    for (auto it = counts.cbegin(); it != counts.cend(); ++it) {
        if (it.value() > most) {
            most = it.value();
            pixels.ground = it.key();
        }
    }
    for (auto it = counts.cbegin(); it != counts.cend(); ++it)
        pixels.ink = std::max(pixels.ink, contrast(it.key(), pixels.ground));
    return pixels;
}

// Its tooltip says all of it, or the name of something it is a part of.
bool isToldInFull(const ShownText& shown)
{
    for (const QObject* child : shown.item->children()) {
        if (child->inherits("QQuickToolTip") && child->property("text").toString().contains(shown.text))
            return true;
    }
    for (QQuickItem* item = shown.item->parentItem(); item; item = item->parentItem()) {
        const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(item);
        if (accessible && accessible->text(QAccessible::Name).contains(shown.text))
            return true;
    }
    return false;
}

QString contrastProblem(const ShownText& shown, const QImage& picture)
{
    const Pixels pixels = pixelsOf(picture, shown.seen.toAlignedRect() & picture.rect());
    const double declared =
        shown.declared.isValid() ? contrast(over(shown.declared, pixels.ground), pixels.ground) : pixels.ink;
    if (declared < requiredContrast)
        return u"too faint, %1:1"_s.arg(declared, 0, 'f', 2);
    if (pixels.ink < requiredInk)
        return u"hardly painted, %1:1"_s.arg(pixels.ink, 0, 'f', 2);
    return {};
}

bool overlap(const ShownText& a, const ShownText& b)
{
    const QRectF both = a.seen & b.seen;
    return a.item != b.item && both.width() > 2 && both.height() > 3; // lines stand close, letters do not touch
}

} // namespace

QStringList unreadableTexts(QQuickWindow& window, const QImage& picture)
{
    QStringList problems;
    const auto add = [&](const ShownText& shown, const QString& what) {
        const QRect at = shown.rect.toRect();
        problems << u"“%1” at %2,%3 %4×%5: %6"_s.arg(shown.text.left(60))
                        .arg(at.x())
                        .arg(at.y())
                        .arg(at.width())
                        .arg(at.height())
                        .arg(what);
    };
    const QList<ShownText> texts = shownTexts(window);
    for (qsizetype i = 0; i < texts.size(); ++i) {
        const ShownText& shown = texts[i];
        if (shown.truncated && !isToldInFull(shown))
            add(shown, u"ends in an ellipsis and is nowhere said in full"_s);
        if (shown.cutAcross)
            add(shown, u"cut off"_s);
        if (shown.overflows)
            add(shown, u"larger than its place of %1×%2"_s.arg(shown.item->width()).arg(shown.item->height()));
        if (const bool whole = shown.seen.height() > 0.8 * shown.rect.height(); whole && !shown.cutAcross) {
            if (const QString faint = contrastProblem(shown, picture); !faint.isEmpty())
                add(shown, faint);
        }
        for (qsizetype j = i + 1; j < texts.size(); ++j) {
            if (overlap(shown, texts[j]))
                add(shown, u"over “%1”"_s.arg(texts[j].text.left(60)));
        }
    }
    return problems;
}
