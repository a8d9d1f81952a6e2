#pragma once

#include "chat/conversation_text.hpp"
#include "chat/markdown_blocks.hpp"

/// The text of one row with its inline marks resolved through md4c. Links keep http, https and mailto targets only; raw
/// HTML is text; an image is its description and its address, never fetched; formulas are their TeX. The cost is that
/// of the row. Highlighting of code is not done here.
RowText renderRow(const MarkdownBlocks& blocks, const MarkdownRow& row);

/// Plain text as one row, its bytes beginning at `source` of the message.
RowText plainRow(QByteArrayView utf8, quint32 source);
