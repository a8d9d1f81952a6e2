#pragma once

#include <QPointer>
#include <QQuickItem>
#include <QtQml/qqmlregistration.h>

#include "chat/conversation_context.hpp"
#include "chat/conversation_layout.hpp"
#include "chat/conversation_text_node.hpp"

/// Draws one row's text and lets it be read, selected and clicked. Unlike a TextEdit it keeps the lines that did not
/// change when text is added, and knows characters by their place in the row. GUI thread; the scene graph reads it
/// while that waits.
class ConversationTextItem : public QQuickItem
{
    Q_OBJECT
    QML_NAMED_ELEMENT(ConversationText)
    Q_PROPERTY(ConversationContext* context READ context WRITE setContext NOTIFY contextChanged REQUIRED)
    Q_PROPERTY(int index MEMBER m_index NOTIFY indexChanged REQUIRED)
    Q_PROPERTY(RowTextRef content READ content WRITE setContent NOTIFY contentChanged)
    Q_PROPERTY(Look look MEMBER m_look WRITE setLook NOTIFY lookChanged)
    Q_PROPERTY(bool dim MEMBER m_dim WRITE setDim NOTIFY lookChanged)
    Q_PROPERTY(QList<qreal> columns MEMBER m_columns WRITE setColumns NOTIFY columnsChanged)
    Q_PROPERTY(QList<int> aligns MEMBER m_aligns WRITE setAligns NOTIFY columnsChanged)
    Q_PROPERTY(int highlightStart MEMBER m_highlightStart WRITE setHighlightStart NOTIFY highlightChanged)
    Q_PROPERTY(int highlightLength MEMBER m_highlightLength WRITE setHighlightLength NOTIFY highlightChanged)
    Q_PROPERTY(bool writing MEMBER m_writing WRITE setWriting NOTIFY writingChanged)
    Q_PROPERTY(qreal contentWidth READ contentWidth NOTIFY contentWidthChanged)
    Q_PROPERTY(qreal tableWidth READ tableWidth NOTIFY contentWidthChanged)
    Q_PROPERTY(qreal lineHeight READ lineHeight NOTIFY lookChanged)
    Q_PROPERTY(QString selectedText READ selectedText NOTIFY selectionChanged)
    Q_PROPERTY(QString spoken READ spoken NOTIFY spokenChanged)
public:
    enum Look { Prose, Heading, Code, TableHeader, TableRow };
    Q_ENUM(Look)

    explicit ConversationTextItem(QQuickItem* parent = nullptr);

    ConversationContext* context() const { return m_context; }
    void setContext(ConversationContext* context);
    RowTextRef content() const { return m_content; }
    void setContent(const RowTextRef& content);
    void setLook(Look look) { setAndLayout(m_look, look, &ConversationTextItem::lookChanged); }
    void setDim(bool dim);
    void setColumns(const QList<qreal>& columns)
    {
        setAndLayout(m_columns, columns, &ConversationTextItem::columnsChanged);
    }
    void setAligns(const QList<int>& aligns) { setAndLayout(m_aligns, aligns, &ConversationTextItem::columnsChanged); }
    void setHighlightStart(int start) { setAndPaint(m_highlightStart, start, &ConversationTextItem::highlightChanged); }
    void setHighlightLength(int length)
    {
        setAndPaint(m_highlightLength, length, &ConversationTextItem::highlightChanged);
    }
    void setWriting(bool writing);
    qreal contentWidth() const { return m_layout.contentWidth(); }
    qreal tableWidth() const { return m_layout.tableWidth(); } ///< of the columns
    qreal lineHeight() const;
    QString selectedText() const;
    /// The text for a screen reader. Nobody else is told of it while it is being written.
    QString spoken() const { return m_content.plain(); }

    Q_INVOKABLE void selectAll();
    Q_INVOKABLE void deselect();
    Q_INVOKABLE int offsetAt(QPointF point) const;    ///< a character; -1: not on the text
    Q_INVOKABLE QRectF rectangleAt(int offset) const; ///< of one character; empty beyond the text

signals:
    void contextChanged();
    void indexChanged();
    void contentChanged();
    void lookChanged();
    void columnsChanged();
    void highlightChanged();
    void writingChanged();
    void contentWidthChanged();
    void selectionChanged();
    void spokenChanged();

protected:
    using Grounds = QList<ConversationTextNode::Ground>;

    /// Where the text begins in the item, and how wide it may be: here it fills the item.
    virtual QPointF textOrigin() const { return {}; }
    virtual qreal textWidth() const { return width(); }
    virtual qreal heightAround(qreal text) const { return text; } ///< of an item with a text of this height
    /// What stands behind and beside the text.
    virtual void addMarks(Grounds&) const {}
    virtual QString marker() const { return {}; } ///< left of the first line

    bool hasStyle() const { return m_context && m_context->textStyle(); }
    const ConversationStyle& style() const { return *m_context->textStyle(); }
    qreal textHeight() const { return m_layout.height(); }
    void relayout(bool anew);
    void repaint(); ///< all text, as its colour changed
    void contentReplaced();

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

    RowTextRef m_content;
    Look m_look = Prose;
    int m_level = 0; ///< of a heading
    bool m_dim = false, m_writing = false;
    int m_highlightStart = 0, m_highlightLength = 0;

private:
    template <class T, class Signal>
    void setAndLayout(T& member, const T& value, Signal signal)
    {
        if (member == value)
            return;
        member = value;
        emit(this->*signal)();
        relayout(true);
    }
    template <class T, class Signal>
    void setAndPaint(T& member, const T& value, Signal signal)
    {
        if (member == value)
            return;
        member = value;
        emit(this->*signal)();
        update();
    }
    ConversationLayout::Spec spec() const;
    Grounds grounds() const;
    void updateMarker(ConversationTextNode& node) const;
    int cursorAt(QPointF point) const { return m_layout.offsetAt(point - textOrigin(), true); }
    QString linkAt(QPointF point) const;
    void setSelection(int anchor, int cursor);
    void setHoveredLink(const QString& link);

    QPointer<ConversationContext> m_context;
    int m_index = -1;
    ConversationLayout m_layout;
    ConversationLayout::Spec m_spec; ///< of the last layout
    bool m_repaint = true;
    QString m_drawnMarker;
    QList<qreal> m_columns;
    QList<int> m_aligns;
    int m_anchor = 0, m_cursor = 0; ///< of the selection
    QPointF m_pressedAt;
    bool m_pressed = false, m_selecting = false;
    QString m_hoveredLink;
};
