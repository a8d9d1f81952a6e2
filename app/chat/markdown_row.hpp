#pragma once

#include <QtTypes>

#include <vector>

/// What one row of a rendered text shows.
enum class MarkdownKind : quint8 { Paragraph, Heading, Code, TableHeader, TableRow, Rule };

/// Space above a row, by what it follows.
enum class MarkdownGap : quint8 { None, Small, Medium, Large };

/// The column alignments of a table, from its delimiter row.
enum class MarkdownAlign : quint8 { Start, Center, End };

/// Bytes [begin, end) of the source: one line of a row's content, with the marks of its containers left out.
struct MarkdownLine {
    quint32 begin = 0, end = 0;
    bool operator==(const MarkdownLine&) const = default;
};

/// One row: a block, or a part of a long one. A row holds no text: its lines say where in the source it lies.
struct MarkdownRow {
    MarkdownKind kind = MarkdownKind::Paragraph;
    MarkdownGap gap = MarkdownGap::Medium;
    quint8 level = 0;        ///< of a heading, 1 to 6
    quint8 listDepth = 0;    ///< list items around it
    quint8 quoteDepth = 0;   ///< quotes around it
    bool startsItem = false; ///< carries the marker of its list item
    bool ordered = false;    ///< that marker is a number
    bool task = false, taskDone = false;
    bool continues = false; ///< goes on with the block of the row above
    bool ends = true;       ///< the block does not go on in the row below, as far as is known
    int number = 0;         ///< of an ordered item
    quint32 block = 0;      ///< the parts of one code block or table share it
    quint32 firstLine = 0, lineCount = 0;
    quint32 part = 0; ///< index of the row's first line within its block, for code and tables
    bool operator==(const MarkdownRow&) const = default;
};

/// What the parts of one code block or table have in common.
struct MarkdownBlock {
    MarkdownLine info; ///< the info string of a fence
    std::vector<MarkdownAlign> columns;
    bool operator==(const MarkdownBlock&) const = default;
};
