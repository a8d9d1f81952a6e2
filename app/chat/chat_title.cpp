#include "chat/chat_title.hpp"

#include <QRegularExpression>
#include <QTextBoundaryFinder>

using namespace Qt::StringLiterals;

namespace
{

constexpr qsizetype maxLength = 48;

// At the last word that fits, else at the last whole character.
QString shortened(const QString& line)
{
    if (line.size() <= maxLength)
        return line;
    qsizetype cut = line.lastIndexOf(u' ', maxLength);
    if (cut < maxLength / 2) {
        QTextBoundaryFinder characters(QTextBoundaryFinder::Grapheme, line);
        characters.setPosition(maxLength);
        cut = characters.isAtBoundary() ? maxLength : characters.toPreviousBoundary();
    }
    return line.left(cut).trimmed() + u'…';
}

} // namespace

QString chatTitle(const QString& firstMessage)
{
    static const QRegularExpression thinking(u"<think>.*?(</think>|$)"_s,
                                             QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression marks(u"^(?:#{1,6}\\s+|>\\s*|[-*+]\\s+|\\d+[.)]\\s+|`{3,}\\S*)+"_s);
    QString text = firstMessage.left(4096); // a pasted book needs no search
    text.remove(thinking);
    for (const QString& raw : text.split(u'\n')) {
        const QString line = raw.simplified().remove(marks).remove(u'`').remove(u"**"_s).trimmed();
        if (!line.isEmpty())
            return shortened(line);
    }
    return {};
}
