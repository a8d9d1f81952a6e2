// Which texts a window shows, and where.
#include "readable_text.hpp"

#include <QQuickWindow>
#include <QSet>

#include <algorithm>

#include "chat/conversation_text_item.hpp"

using namespace Qt::StringLiterals;

namespace
{

/// What holds for an item and all below it.
struct Surroundings {
    QRectF clip;
    qreal opacity = 1;
    bool scrollsX = false, scrollsY = false, floats = false;
    QQuickItem* view = nullptr;
};

/// A list keeps rows for later use that are visible by their properties and yet not painted.
QSet<QQuickItem*> rowsInUse(QQuickItem* list)
{
    QSet<QQuickItem*> rows;
    for (int i = 0; i < list->property("count").toInt(); ++i) {
        QQuickItem* row = nullptr;
        QMetaObject::invokeMethod(list, "itemAtIndex", Q_RETURN_ARG(QQuickItem*, row), Q_ARG(int, i));
        if (row)
            rows.insert(row);
    }
    return rows;
}

/// Where the letters of a Text stand; its boundingRect leaves the paddings out.
QRectF lettersOf(QQuickItem* text)
{
    const auto pad = [text](const char* side) { return text->property(side).toReal(); };
    const auto shift = [](int place, qreal before, qreal after, int end, int middle) {
        return place & end ? -after : place & middle ? (before - after) / 2 : before;
    };
    return text->boundingRect().translated(shift(text->property("effectiveHorizontalAlignment").toInt(),
                                                 pad("leftPadding"), pad("rightPadding"), Qt::AlignRight,
                                                 Qt::AlignHCenter),
                                           shift(text->property("verticalAlignment").toInt(), pad("topPadding"),
                                                 pad("bottomPadding"), Qt::AlignBottom, Qt::AlignVCenter));
}

class Walk
{
public:
    explicit Walk(QQuickWindow& window) : m_window(window) {}

    QList<ShownText> texts()
    {
        paint(m_window.contentItem(), {.clip = QRectF({0, 0}, m_window.size())});
        return m_texts;
    }

private:
    void paint(QQuickItem* item, Surroundings around)
    {
        if (!item->isVisible() || item->opacity() <= 0)
            return;
        around.opacity *= item->opacity();
        around.floats = around.floats || item->inherits("QQuickOverlay");
        if (item->clip())
            around.clip &= item->mapRectToScene({0, 0, item->width(), item->height()});
        if (item->inherits("QQuickFlickable")) {
            around.scrollsX = around.scrollsX || item->property("contentWidth").toReal() > item->width() + 1;
            around.scrollsY = around.scrollsY || item->property("contentHeight").toReal() > item->height() + 1;
            around.view = item;
        }
        QList<QQuickItem*> children = item->childItems();
        if (auto* list = item->parentItem(); list && list->inherits("QQuickListView")) {
            const QSet<QQuickItem*> inUse = rowsInUse(list);
            children.removeIf(
                [&](QQuickItem* row) { return !inUse.contains(row) && !row->property("section").isValid(); });
        }
        std::stable_sort(children.begin(), children.end(),
                         [](const QQuickItem* a, const QQuickItem* b) { return a->z() < b->z(); });
        const auto above = std::find_if(children.begin(), children.end(), [](auto* child) { return child->z() >= 0; });
        std::for_each(children.begin(), above, [&](QQuickItem* child) { paint(child, around); });
        paintItself(item, around);
        std::for_each(above, children.end(), [&](QQuickItem* child) { paint(child, around); });
    }

    void paintItself(QQuickItem* item, const Surroundings& around)
    {
        if (item->inherits("QQuickRectangle")) {
            if (item->property("color").value<QColor>().alpha() > 0)
                cover(item->mapRectToScene({0, 0, item->width(), item->height()}) & around.clip, around);
        } else if (item->inherits("QQuickText")) {
            add(item, item->property("text").toString(), lettersOf(item), around);
        } else if (item->inherits("QQuickTextInput") || item->inherits("QQuickTextEdit")) {
            // An editor scrolls by itself: its text may be longer than it is.
            const QRectF inside = QRectF(0, 0, item->width(), item->height());
            const bool line = item->inherits("QQuickTextInput"); // whose rectangle leaves out both paddings
            const QPointF start(item->property("leftPadding").toReal(),
                                line ? item->property("topPadding").toReal() : 0);
            add(item, item->property("text").toString(), item->boundingRect().translated(start) & inside, around);
        } else if (const auto* conversation = qobject_cast<ConversationTextItem*>(item)) {
            addWords(*conversation, item, around);
        }
    }

    void add(QQuickItem* item, const QString& text, const QRectF& rect, const Surroundings& around, bool word = false)
    {
        if (text.trimmed().isEmpty())
            return;
        ShownText shown;
        shown.item = item;
        shown.text = text;
        shown.rect = item->mapRectToScene(rect);
        shown.seen = shown.rect & around.clip;
        if (shown.seen.isEmpty() && !shown.rect.isEmpty() && (around.scrollsX || around.scrollsY))
            return; // scrolled away
        const auto cut = [](qreal low, qreal high, qreal from, qreal to) { return low < from - 1 || high > to + 1; };
        shown.cutAcross =
            (!around.scrollsX && cut(shown.rect.left(), shown.rect.right(), around.clip.left(), around.clip.right())) ||
            (!around.scrollsY && cut(shown.rect.top(), shown.rect.bottom(), around.clip.top(), around.clip.bottom()));
        shown.view = around.scrollsX || around.scrollsY ? around.view : nullptr;
        shown.floats = around.floats;
        if (!word) {
            shown.declared = item->property("color").value<QColor>();
            shown.declared.setAlphaF(float(shown.declared.alphaF() * around.opacity));
            shown.truncated = item->property("truncated").toBool();
            shown.overflows = rect.width() > item->width() + 1 || rect.height() > item->height() + 1;
        }
        m_texts.append(shown);
    }

    void addWords(const ConversationTextItem& text, QQuickItem* item, const Surroundings& around)
    {
        const QString& plain = text.content()->text;
        for (int start = 0; start < plain.size();) {
            int end = start;
            QRectF rect;
            // A word that is broken over lines counts as two.
            for (; end < plain.size() && !plain[end].isSpace(); ++end) {
                const QRectF letter = text.rectangleAt(end);
                if (!rect.isEmpty() && letter.top() > rect.center().y())
                    break;
                rect |= letter;
            }
            if (end > start)
                add(item, plain.mid(start, end - start), rect, around, true);
            start = std::max(end, start + 1);
        }
    }

    // Something is painted over what was painted before. A popup sets aside what it covers, and what stands still may
    // cover a part of what scrolls below it; anything else may cover a text only as a whole.
    void cover(const QRectF& ground, const Surroundings& around)
    {
        const auto touches = [&](const ShownText& text) { return ground.intersects(text.seen.adjusted(1, 1, -1, -1)); };
        m_texts.removeIf([&](const ShownText& text) {
            const bool setAside = (around.floats && !text.floats) || (text.view && text.view != around.view);
            return ground.contains(text.seen.adjusted(1, 1, -1, -1)) || (setAside && touches(text));
        });
        for (ShownText& text : m_texts)
            text.cutAcross = text.cutAcross || touches(text);
    }

    QQuickWindow& m_window;
    QList<ShownText> m_texts;
};

} // namespace

QList<ShownText> shownTexts(QQuickWindow& window)
{
    return Walk(window).texts();
}
