#pragma once

#include <QFont>
#include <QList>
#include <QRectF>
#include <QTextLayout>

#include <memory>
#include <vector>

#include "chat/conversation_style.hpp"
#include "chat/conversation_text.hpp"

/// Lays out one row's text in pieces of a few lines, or of a few words in the line that grows. When text is added at
/// the end, the pieces before the last stay as they are, so that a long paragraph costs the same per token as a short
/// one, and a long line the same as a short one. Plain data.
class ConversationLayout
{
public:
    struct Spec {
        QFont font, monoFont;
        qreal width = 0;
        qreal lineHeight = 20; ///< pixels, at least
        bool wrap = true;
        bool growing = false; ///< more text is expected: keep the last piece small
        bool cells = false;   ///< tabs divide the text into columns
        QList<qreal> columns; ///< natural widths
        QList<int> aligns;
        bool operator==(const Spec&) const = default;
    };
    /// Some whole lines, or a part of one.
    struct Piece {
        int start = 0, length = 0; ///< characters
        int firstLineEnd = 0;
        int lines = 0; ///< of the layout; it may have more, which the next piece shows
        qreal x = 0, y = 0, width = 0, height = 0;
        bool openEnd = false;       ///< the next piece goes on with its line,
        qreal advance = 0;          ///< this far to the right
        qreal top = 0, letters = 0; ///< of its first line: where the letters begin below y, and their height
        quint64 id = 0;             ///< unlike that of any other piece
        std::shared_ptr<QTextLayout> layout;
    };
    static constexpr int kCellPadding = 12; ///< half of the space between two cells

    /// Lays out; returns whether anything changed.
    bool set(const RowTextRef& text, const Spec& spec, const ConversationStyle& style, bool anew);
    const std::vector<Piece>& pieces() const { return m_pieces; }
    const QString& text() const { return m_text->text; }
    const RowText& row() const { return *m_text; }
    qreal height() const { return m_height; }
    qreal contentWidth() const { return m_contentWidth; } ///< of the widest line

    qreal tableWidth() const { return m_tableWidth; } ///< of all columns

    /// The character under a point, or -1 beyond the text; with `between`, the nearest place for a cursor, never -1.
    int offsetAt(QPointF point, bool between) const;
    /// One rectangle per line that shows some of the characters.
    QList<QRectF> rectsOf(int start, int length) const;
    QRectF cursorAt(int offset) const; ///< of no width

    /// What columns are given of `available` pixels, their natural widths being too wide or not.
    static QList<qreal> fitColumns(const QList<qreal>& natural, qreal available);

private:
    void layoutFrom(int character, const ConversationStyle& style);
    void append(Piece piece, qreal y);
    bool extendLine(Qt::Alignment align, const ConversationStyle& style);
    void openLastLine(Qt::Alignment align, const ConversationStyle& style);
    void joinLines(Qt::Alignment align, const ConversationStyle& style);
    void layoutCells(const ConversationStyle& style);
    Piece makePiece(int start, int length, qreal width, Qt::Alignment align, const ConversationStyle& style) const;
    QList<QTextLayout::FormatRange> formatsOf(int start, int length, const ConversationStyle& style) const;
    void measure();

    RowTextRef m_text;
    Spec m_spec;
    std::vector<Piece> m_pieces;
    qreal m_height = 0, m_contentWidth = 0, m_tableWidth = 0;
    quint64 m_nextId = 1;
    bool m_rightToLeft = false;
};
