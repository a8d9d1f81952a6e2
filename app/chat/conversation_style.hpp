#pragma once

#include <QColor>
#include <QFont>
#include <QObject>
#include <QtQml/qqmlregistration.h>

/// Fonts and colours of a conversation's text, filled from the theme once per view. GUI thread.
class ConversationStyle : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QString family MEMBER family NOTIFY changed)
    Q_PROPERTY(QString monoFamily MEMBER monoFamily NOTIFY changed)
    Q_PROPERTY(int bodySize MEMBER bodySize NOTIFY changed)
    Q_PROPERTY(int codeSize MEMBER codeSize NOTIFY changed)
    Q_PROPERTY(int titleSize MEMBER titleSize NOTIFY changed)
    Q_PROPERTY(bool dark MEMBER dark NOTIFY changed)
    Q_PROPERTY(QColor text MEMBER text NOTIFY changed)
    Q_PROPERTY(QColor dim MEMBER dim NOTIFY changed)
    Q_PROPERTY(QColor line MEMBER line NOTIFY changed)
    Q_PROPERTY(QColor accent MEMBER accent NOTIFY changed)
    Q_PROPERTY(QColor codeGround MEMBER codeGround NOTIFY changed)
    Q_PROPERTY(QColor selection MEMBER selection NOTIFY changed)
    Q_PROPERTY(QColor highlight MEMBER highlight NOTIFY changed)
public:
    using QObject::QObject;

    QString family, monoFamily;
    int bodySize = 14, codeSize = 13, titleSize = 20; ///< pixels
    bool dark = false;
    QColor text = Qt::black, dim = Qt::darkGray, line = Qt::lightGray, accent = Qt::darkCyan,
           codeGround = Qt::lightGray, selection = Qt::cyan, highlight = Qt::cyan;

    /// The colour of highlighted code; `style` is a KSyntaxHighlighting::Theme::TextStyle. Every one keeps 4.5:1 on the
    /// code ground of its theme.
    QColor codeColor(int style) const;

signals:
    void changed();
};
