#pragma once

#include <QByteArray>

#include <optional>
#include <vector>

#include "chat/markdown_row.hpp"

/// Questions about one line of Markdown, its containers' marks and leading space left out. Pure.
namespace markdown
{

struct ListMarker {
    bool ordered = false;
    char mark = 0; ///< '-', '+', '*', '.' or ')'
    int number = 0;
    quint32 width = 0; ///< bytes
};
struct FenceOpening {
    char mark = 0;
    quint32 length = 0;
    MarkdownLine info; ///< within the line
};
struct AtxHeading {
    int level = 0;
    MarkdownLine content; ///< within the line
};
struct Definition {
    QByteArray label, destination, title;
};

bool isSpace(char c);
bool isBlank(QByteArrayView line);
bool isThematicBreak(QByteArrayView line);
/// 1 or 2 for a line that underlines a heading, otherwise 0.
int setextLevel(QByteArrayView line);
std::optional<AtxHeading> atxHeading(QByteArrayView line);
std::optional<FenceOpening> fenceOpening(QByteArrayView line);
bool closesFence(QByteArrayView line, char mark, quint32 length);
std::optional<ListMarker> listMarker(QByteArrayView line);
/// The alignments of a table's delimiter row.
std::optional<std::vector<MarkdownAlign>> delimiterRow(QByteArrayView line);
/// The cells of a table row, trimmed, as ranges within the line; "\|" does not divide.
std::vector<MarkdownLine> tableCells(QByteArrayView line);
/// A link reference definition that fills the line.
std::optional<Definition> linkDefinition(QByteArrayView line);
/// A label as labels are compared: case folded, runs of space as one.
QByteArray normalizedLabel(QByteArrayView label);
/// Every text in brackets that could be a link label, as written.
std::vector<QByteArrayView> labelCandidates(QByteArrayView text);
/// Whether an unfinished line could still become something else than it looks: held back until it is decided.
bool isUndecided(QByteArrayView line, bool afterOneTextLine);

} // namespace markdown
