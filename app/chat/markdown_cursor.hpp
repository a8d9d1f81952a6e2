#pragma once

#include <QByteArrayView>

#include "chat/markdown_blocks.hpp"
#include "chat/markdown_lines.hpp"

/// A place in a line, which knows the column for tabs.
struct MarkdownBlocks::Cursor {
    QByteArrayView source;
    quint32 pos = 0, end = 0;
    quint32 column = 0;
    quint32 spare = 0; ///< columns left of a tab that was taken in part

    char at() const { return pos < end ? source[pos] : '\n'; }
    QByteArrayView rest() const { return source.sliced(pos, end - pos); }
    bool blank() const { return markdown::isBlank(rest()); }
    quint32 indent() const
    {
        quint32 columns = spare;
        for (quint32 p = pos; p < end && (source[p] == ' ' || source[p] == '\t'); ++p)
            columns += source[p] == '\t' ? 4 - (column + columns) % 4 : 1;
        return columns;
    }
    void skipIndent(quint32 columns)
    {
        while (columns > 0) {
            if (spare > 0) {
                --spare;
            } else if (at() == '\t') {
                spare = 4 - column % 4 - 1;
                ++pos;
            } else if (at() == ' ') {
                ++pos;
            } else {
                return;
            }
            ++column;
            --columns;
        }
    }
    void skipSpace() { skipIndent(indent()); }
    void skip(quint32 bytes)
    {
        pos += bytes;
        column += bytes;
        spare = 0;
    }
};
