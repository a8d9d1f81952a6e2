#pragma once

#include <QMetaType>
#include <QString>
#include <QtQmlIntegration/qqmlintegration.h>

#include "chat/conversation_text.hpp"

/// All that a paragraph, a heading or a part of one shows, as one value: a view that took it apart into properties of
/// its own paid for each of them with every new row.
struct ProseRow {
    Q_GADGET
    QML_VALUE_TYPE(proseRow)
    Q_PROPERTY(int headingLevel MEMBER headingLevel)
    Q_PROPERTY(int task MEMBER task)
public:
    RowTextRef content;
    int gap = 0;          ///< pixels to the row above
    int headingLevel = 0; ///< 1 to 6; 0: no heading
    int listDepth = 0, quoteDepth = 0;
    int quoteAbove = 0; ///< quoteDepth of the row above
    int task = 0;       ///< 0 none, 1 open, 2 done
    QString marker{};   ///< of a list item: "•", "3."; empty: none
    bool thought = false;
    bool writing = false;                        ///< the answer is being written here
    int highlightStart = 0, highlightLength = 0; ///< characters of the selected token

    bool operator==(const ProseRow&) const = default;
};
