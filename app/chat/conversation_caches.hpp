#pragma once

#include <QList>

#include <optional>

#include "chat/conversation_model.hpp"

/// What is known of one code block's colours.
struct ConversationModel::CodeBlock {
    ConversationMessage::Section section = ConversationMessage::Section::Body;
    int firstRow = 0; ///< index of its first part within the section
    int asked = 0;    ///< lines given to the highlighter
    QString unfinished;
    CodeHighlighter::Lines lines;
    QList<TextRun> unfinishedRuns;
    int unfinishedLine = -1;
};

/// The natural widths of a table's columns, from its first rows; they stay once those are there.
struct ConversationModel::TableColumns {
    static constexpr int kMeasured = 32; ///< rows that decide
    int measured = 0;                    ///< lasting rows seen, the header included
    static constexpr int kStep = 24; ///< pixels: widths grow by steps, so that a table does not jump with each letter
    QList<qreal> widths, shown;      ///< `shown` with the open row
    QList<qreal> announced;          ///< what the views of the rows above were told
    QList<int> aligns;
};

/// Names a row or block of one section in the caches.
inline quint64 cacheKey(quint32 serial, ConversationMessage::Section section, quint32 index)
{
    return quint64{serial} << 32 | (section == ConversationMessage::Section::ThinkText ? 0x8000'0000U : 0U) | index;
}
