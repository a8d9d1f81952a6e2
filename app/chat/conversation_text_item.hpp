#pragma once

#include <QPointer>
#include <QQuickItem>
#include <QtQml/qqmlregistration.h>

#include <utility>

#include "chat/conversation_layout.hpp"

/// Draws one row's text and lets it be read, selected and clicked. Unlike a TextEdit it keeps the lines that did not
/// change when text is added, and knows characters by their place in the row. GUI thread; the scene graph reads it
/// while that waits.
class ConversationTextItem : public QQuickItem
{
    Q_OBJECT
    QML_NAMED_ELEMENT(ConversationText)
    Q_PROPERTY(RowTextRef content READ content WRITE setContent NOTIFY contentChanged)
    Q_PROPERTY(ConversationStyle* style READ style WRITE setStyle NOTIFY styleChanged REQUIRED)
    Q_PROPERTY(Look look MEMBER m_look WRITE setLook NOTIFY lookChanged)
    Q_PROPERTY(int level MEMBER m_level WRITE setLevel NOTIFY lookChanged)
    Q_PROPERTY(bool dim MEMBER m_dim WRITE setDim NOTIFY lookChanged)
    Q_PROPERTY(QList<qreal> columns MEMBER m_columns WRITE setColumns NOTIFY columnsChanged)
    Q_PROPERTY(QList<int> aligns MEMBER m_aligns WRITE setAligns NOTIFY columnsChanged)
    Q_PROPERTY(int highlightStart MEMBER m_highlightStart WRITE setHighlightStart NOTIFY highlightChanged)
    Q_PROPERTY(int highlightLength MEMBER m_highlightLength WRITE setHighlightLength NOTIFY highlightChanged)
    // What stands beside the text, at its left: the marker of a list item, the bars of quotes and of thinking.
    Q_PROPERTY(QString marker MEMBER m_marker WRITE setMarker NOTIFY marksChanged)
    Q_PROPERTY(qreal indent MEMBER m_indent WRITE setIndent NOTIFY marksChanged)
    Q_PROPERTY(int quoteDepth MEMBER m_quoteDepth WRITE setQuoteDepth NOTIFY marksChanged)
    Q_PROPERTY(int quoteAbove MEMBER m_quoteAbove WRITE setQuoteAbove NOTIFY marksChanged)
    Q_PROPERTY(bool thought MEMBER m_thought WRITE setThought NOTIFY marksChanged)
    Q_PROPERTY(qreal gap MEMBER m_gap WRITE setGap NOTIFY marksChanged)
    Q_PROPERTY(bool writing MEMBER m_writing WRITE setWriting NOTIFY writingChanged)
    Q_PROPERTY(qreal contentWidth READ contentWidth NOTIFY contentWidthChanged)
    Q_PROPERTY(qreal tableWidth READ tableWidth NOTIFY contentWidthChanged)
    Q_PROPERTY(qreal lineHeight READ lineHeight NOTIFY lookChanged)
    Q_PROPERTY(QString selectedText READ selectedText NOTIFY selectionChanged)
    Q_PROPERTY(QString hoveredLink READ hoveredLink NOTIFY hoveredLinkChanged)
public:
    enum Look { Prose, Heading, Code, TableHeader, TableRow };
    Q_ENUM(Look)

    explicit ConversationTextItem(QQuickItem* parent = nullptr);

    RowTextRef content() const { return m_content; }
    void setContent(const RowTextRef& content);
    ConversationStyle* style() const { return m_style; }
    void setStyle(ConversationStyle* style);
    void setLook(Look look) { setAndLayout(m_look, look, &ConversationTextItem::lookChanged); }
    void setLevel(int level) { setAndLayout(m_level, level, &ConversationTextItem::lookChanged); }
    void setDim(bool dim);
    void setColumns(const QList<qreal>& columns)
    {
        setAndLayout(m_columns, columns, &ConversationTextItem::columnsChanged);
    }
    void setAligns(const QList<int>& aligns) { setAndLayout(m_aligns, aligns, &ConversationTextItem::columnsChanged); }
    void setHighlightStart(int start);
    void setHighlightLength(int length);
    void setWriting(bool writing);
    void setMarker(const QString& marker);
    void setIndent(qreal indent) { setMark(m_indent, indent); } ///< pixels the text begins right of the column
    void setQuoteDepth(int depth) { setMark(m_quoteDepth, depth); }
    void setQuoteAbove(int depth) { setMark(m_quoteAbove, depth); } ///< of the row above
    void setThought(bool thought) { setMark(m_thought, thought); }
    void setGap(qreal gap) { setMark(m_gap, gap); } ///< to the row above
    qreal contentWidth() const { return m_layout.contentWidth(); }
    qreal tableWidth() const { return m_layout.tableWidth(); } ///< of the columns
    qreal lineHeight() const;
    QString selectedText() const;
    QString hoveredLink() const { return m_hoveredLink; }

    Q_INVOKABLE void selectAll();
    Q_INVOKABLE void deselect();
    Q_INVOKABLE int offsetAt(QPointF point) const { return m_layout.offsetAt(point, false); } ///< -1: not on the text
    Q_INVOKABLE QRectF rectangleAt(int offset) const; ///< of one character; empty beyond the text

signals:
    void contentChanged();
    void styleChanged();
    void lookChanged();
    void columnsChanged();
    void highlightChanged();
    void writingChanged();
    void marksChanged();
    void contentWidthChanged();
    void selectionChanged();
    void hoveredLinkChanged();
    void clicked(int offset); ///< a character, without selecting
    void linkActivated(const QString& target, QPointF at);
    void copyRequested(const QString& text);

protected:
    void componentComplete() override;
    void geometryChange(const QRectF& now, const QRectF& before) override;
    QSGNode* updatePaintNode(QSGNode* node, UpdatePaintNodeData* data) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseUngrabEvent() override { m_pressed = false; }
    void hoverMoveEvent(QHoverEvent* event) override;
    void hoverLeaveEvent(QHoverEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Ground {
        QRectF rect;
        QColor color;
        bool operator==(const Ground&) const = default;
    };
    class Node;

    template <class T, class Signal>
    void setAndLayout(T& member, const T& value, Signal signal)
    {
        if (member == value)
            return;
        member = value;
        emit(this->*signal)();
        relayout(true);
    }
    template <class T>
    void setMark(T& member, const T& value)
    {
        if (std::exchange(member, value) == value)
            return;
        emit marksChanged();
        update();
    }
    void relayout(bool anew);
    void restyle();
    ConversationLayout::Spec spec() const;
    QList<Ground> grounds() const;
    QString linkAt(QPointF point) const;
    void setSelection(int anchor, int cursor);
    void setHoveredLink(const QString& link);

    ConversationLayout m_layout;
    RowTextRef m_content;
    QPointer<ConversationStyle> m_style;
    Look m_look = Prose;
    int m_level = 0;
    bool m_dim = false, m_writing = false, m_repaint = true, m_restyling = false;
    QString m_marker;
    qreal m_indent = 0, m_gap = 0;
    int m_quoteDepth = 0, m_quoteAbove = 0;
    bool m_thought = false, m_markerChanged = true;
    QList<qreal> m_columns;
    QList<int> m_aligns;
    int m_highlightStart = 0, m_highlightLength = 0;
    int m_anchor = 0, m_cursor = 0; ///< of the selection
    QPointF m_pressedAt;
    bool m_pressed = false, m_selecting = false;
    QString m_hoveredLink;
};
