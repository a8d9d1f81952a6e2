#pragma once

#include <QString>

#include "conclave/result.hpp"

/// What went wrong as the window says it: a terminal's line begins small, after the program's name, and has no full
/// stop.
inline QString sentenceOf(const conclave::Error& error)
{
    QString text = QString::fromStdString(error.message);
    qsizetype word = 0; // its length; what is no word of prose ("blk.0.attn_q", "cuda:0", a path) stays as it is spelt
    while (word < text.size() && text[word].isLower())
        ++word;
    if (word > 0 && word < text.size() && text[word] == u' ')
        text[0] = text[0].toUpper();
    return text.isEmpty() || text.endsWith(u'.') ? text : text + u'.';
}
