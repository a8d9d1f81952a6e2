#pragma once

#include <QByteArray>
#include <QList>
#include <QMetaType>
#include <QString>
#include <QStringList>
#include <QtQmlIntegration/qqmlintegration.h>

#include <memory>

/// How a run of characters looks. Colours are the view's.
struct TextRun {
    enum Flag : quint16 { Bold = 1, Italic = 2, Strike = 4, Code = 8, Link = 16, Math = 32, Image = 64 };

    int start = 0, length = 0; ///< UTF-16 units
    quint16 flags = 0;
    qint16 style = -1; ///< of highlighted code, a KSyntaxHighlighting::Theme::TextStyle; -1: none
    int link = -1;     ///< index of its target
    bool operator==(const TextRun&) const = default;
};

/// Characters that were taken from the source as they are; or, when not verbatim, that stand for its bytes.
struct SourceSpan {
    int start = 0, length = 0; ///< UTF-16 units of the text
    quint32 source = 0;        ///< offset of the first byte
    quint32 bytes = 0;
    bool verbatim = true;
};

/// One row's text, ready to be laid out. Immutable once shared.
struct RowText {
    QString text;            ///< lines end with QChar::LineSeparator; cells of a table row with a tab
    QList<TextRun> runs;     ///< by start, not overlapping
    QList<SourceSpan> spans; ///< by start
    QStringList links;

    /// The source byte a character came from; -1 outside of every span.
    qint64 sourceAt(int offset, QByteArrayView source) const;
    /// Characters that show bytes [begin, end) of the source: start and length; length 0 when none do.
    std::pair<int, int> rangeOf(quint32 begin, quint32 end, QByteArrayView source) const;
};

/// A RowText as QML passes it on: opaque and cheap to copy.
class RowTextRef
{
    Q_GADGET
    QML_VALUE_TYPE(rowText)
    Q_PROPERTY(QString plain READ plain)
public:
    RowTextRef() = default;
    explicit RowTextRef(std::shared_ptr<const RowText> text) : m_text(std::move(text)) {}

    QString plain() const; ///< with ordinary line endings
    const RowText& operator*() const;
    const RowText* operator->() const { return &**this; }
    bool operator==(const RowTextRef& other) const { return m_text == other.m_text; }

private:
    std::shared_ptr<const RowText> m_text;
};
