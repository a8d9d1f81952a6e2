#pragma once

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QtQml/qqmlregistration.h>

#include <utility>

#include "chat/conversation_style.hpp"

/// What the rows of one conversation's view share, and what they ask for. GUI thread.
class ConversationContext : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(ConversationStyle* textStyle READ textStyle WRITE setTextStyle NOTIFY restyled REQUIRED)
    Q_PROPERTY(qreal column READ column WRITE setColumn NOTIFY columnChanged)
    Q_PROPERTY(qint64 focusedMessage MEMBER m_focusedMessage NOTIFY focusedMessageChanged)
    Q_PROPERTY(QString hoveredLink READ hoveredLink NOTIFY hoveredLinkChanged)
public:
    using QObject::QObject;

    ConversationStyle* textStyle() const { return m_textStyle; }
    void setTextStyle(ConversationStyle* style);
    qreal column() const { return m_column; } ///< width of the text, pixels
    void setColumn(qreal width);
    QString hoveredLink() const { return m_hoveredLink; }
    void setHoveredLink(const QString& target);

    /// How far the parts of one code block are scrolled: they are rows of their own.
    Q_INVOKABLE qreal scrollOf(qint64 messageId, int block) const { return m_scrolls.value({messageId, block}); }
    Q_INVOKABLE void scrollTo(qint64 messageId, int block, qreal x);

signals:
    void restyled(); ///< once for all that changes in one go
    void columnChanged();
    void focusedMessageChanged();
    void hoveredLinkChanged();
    void scrolled(qint64 messageId, int block, qreal x);

    // What a row asks for
    void characterClicked(int row, int offset);
    void linkActivated(const QString& target);
    void copyRequested(const QString& text);
    void copyMessage(qint64 messageId);
    void copyBlock(int row);
    void editMessage(qint64 messageId);
    void regenerate(qint64 messageId);
    void branch(qint64 messageId, int delta);
    void toggleThinking(int row);

private:
    void restyle();

    QPointer<ConversationStyle> m_textStyle;
    qreal m_column = 0;
    qint64 m_focusedMessage = 0;
    QString m_hoveredLink;
    QHash<std::pair<qint64, int>, qreal> m_scrolls;
    bool m_restyling = false;
};
