#include "chat/markdown_lines.hpp"

#include <QString>

#include <algorithm>

namespace markdown
{

namespace
{
constexpr qsizetype kMaxDefinition = 1000; // bytes; also what an unfinished line is held back for

QByteArrayView trimmedLeft(QByteArrayView s)
{
    while (!s.isEmpty() && isSpace(s.front()))
        s = s.sliced(1);
    return s;
}

QByteArrayView trimmedRight(QByteArrayView s)
{
    while (!s.isEmpty() && isSpace(s.back()))
        s.chop(1);
    return s;
}

bool allOf(QByteArrayView s, QByteArrayView set)
{
    return std::ranges::all_of(s, [&](char c) { return set.contains(c); });
}

QByteArray unescaped(QByteArrayView s)
{
    QByteArray out;
    out.reserve(s.size());
    for (qsizetype i = 0; i < s.size(); ++i) {
        if (s[i] == '\\' && i + 1 < s.size() && std::ispunct(static_cast<unsigned char>(s[i + 1])))
            ++i;
        out += s[i];
    }
    return out;
}
} // namespace

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool isBlank(QByteArrayView line)
{
    return std::ranges::all_of(line, isSpace);
}

bool isThematicBreak(QByteArrayView line)
{
    if (line.isEmpty() || !QByteArrayView("-*_").contains(line.front()))
        return false;
    int count = 0;
    for (const char c : line) {
        if (c == line.front())
            ++count;
        else if (!isSpace(c))
            return false;
    }
    return count >= 3;
}

int setextLevel(QByteArrayView line)
{
    line = trimmedRight(line);
    if (line.isEmpty())
        return 0;
    if (allOf(line, "="))
        return 1;
    return allOf(line, "-") ? 2 : 0;
}

std::optional<AtxHeading> atxHeading(QByteArrayView line)
{
    quint32 level = 0;
    while (level < line.size() && line[level] == '#')
        ++level;
    if (level == 0 || level > 6 || (level < line.size() && !isSpace(line[level])))
        return {};
    quint32 begin = level;
    while (begin < line.size() && isSpace(line[begin]))
        ++begin;
    quint32 end = static_cast<quint32>(trimmedRight(line).size());
    quint32 closing = end;
    while (closing > begin && line[closing - 1] == '#')
        --closing;
    if (closing < end && (closing == begin || isSpace(line[closing - 1]))) {
        end = closing;
        while (end > begin && isSpace(line[end - 1]))
            --end;
    }
    return AtxHeading{static_cast<int>(level), {begin, std::max(begin, end)}};
}

std::optional<FenceOpening> fenceOpening(QByteArrayView line)
{
    if (line.size() < 3 || (line[0] != '`' && line[0] != '~'))
        return {};
    quint32 length = 0;
    while (length < line.size() && line[length] == line[0])
        ++length;
    if (length < 3 || (line[0] == '`' && line.sliced(length).contains('`')))
        return {};
    quint32 begin = length;
    while (begin < line.size() && isSpace(line[begin]))
        ++begin;
    const auto end = static_cast<quint32>(trimmedRight(line).size());
    return FenceOpening{line[0], length, {begin, std::max(begin, end)}};
}

bool closesFence(QByteArrayView line, char mark, quint32 length)
{
    line = trimmedRight(line);
    return static_cast<quint32>(line.size()) >= length && std::ranges::all_of(line, [&](char c) { return c == mark; });
}

std::optional<ListMarker> listMarker(QByteArrayView line)
{
    if (line.isEmpty())
        return {};
    ListMarker m;
    if (QByteArrayView("-+*").contains(line[0])) {
        m.mark = line[0];
        m.width = 1;
    } else {
        while (m.width < 9 && m.width < line.size() && line[m.width] >= '0' && line[m.width] <= '9')
            m.number = m.number * 10 + (line[m.width++] - '0');
        if (m.width == 0 || m.width >= line.size() || (line[m.width] != '.' && line[m.width] != ')'))
            return {};
        m.ordered = true;
        m.mark = line[m.width++];
    }
    if (m.width < line.size() && !isSpace(line[m.width]))
        return {};
    return m;
}

std::vector<MarkdownLine> tableCells(QByteArrayView line)
{
    std::vector<MarkdownLine> cells;
    const auto size = static_cast<quint32>(trimmedRight(line).size());
    quint32 at = 0;
    while (at < size && isSpace(line[at]))
        ++at;
    if (at < size && line[at] == '|')
        ++at;
    while (at < size) {
        quint32 end = at;
        while (end < size && line[end] != '|')
            end += line[end] == '\\' && end + 1 < size ? 2 : 1;
        MarkdownLine cell{at, std::min(end, size)};
        while (cell.begin < cell.end && isSpace(line[cell.begin]))
            ++cell.begin;
        while (cell.end > cell.begin && isSpace(line[cell.end - 1]))
            --cell.end;
        cells.push_back(cell);
        at = end + 1;
    }
    return cells;
}

std::optional<std::vector<MarkdownAlign>> delimiterRow(QByteArrayView line)
{
    if (!allOf(line, "|:- \t\r") || !line.contains('-'))
        return {};
    std::vector<MarkdownAlign> aligns;
    for (const MarkdownLine& range : tableCells(line)) {
        QByteArrayView cell = line.sliced(range.begin, range.end - range.begin);
        const bool left = cell.startsWith(':');
        const bool right = cell.size() > 1 && cell.endsWith(':');
        cell = cell.sliced(left ? 1 : 0);
        cell.chop(right ? 1 : 0);
        if (cell.isEmpty() || !allOf(cell, "-"))
            return {};
        aligns.push_back(right ? (left ? MarkdownAlign::Center : MarkdownAlign::End) : MarkdownAlign::Start);
    }
    return aligns;
}

QByteArray normalizedLabel(QByteArrayView label)
{
    return QString::fromUtf8(label).simplified().toCaseFolded().toUtf8();
}

std::vector<QByteArrayView> labelCandidates(QByteArrayView text)
{
    std::vector<QByteArrayView> labels;
    qsizetype open = -1;
    for (qsizetype i = text.indexOf('['); i >= 0 && i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '[')
            open = i;
        else if (text[i] == ']' && open >= 0) {
            const QByteArrayView label = text.sliced(open + 1, i - open - 1);
            if (!isBlank(label) && label.size() < kMaxDefinition)
                labels.push_back(label);
            open = -1;
        }
    }
    return labels;
}

std::optional<Definition> linkDefinition(QByteArrayView line)
{
    line = trimmedRight(line);
    if (line.size() > kMaxDefinition || !line.startsWith('['))
        return {};
    const std::vector<QByteArrayView> labels = labelCandidates(line);
    if (labels.empty() || labels[0].data() != line.data() + 1)
        return {};
    QByteArrayView rest = line.sliced(labels[0].size() + 2);
    if (!rest.startsWith(':'))
        return {};
    rest = trimmedLeft(rest.sliced(1));
    if (rest.isEmpty())
        return {};
    Definition d{labels[0].toByteArray(), {}, {}};
    if (rest.startsWith('<')) {
        const qsizetype close = rest.indexOf('>');
        if (close < 0)
            return {};
        d.destination = unescaped(rest.sliced(1, close - 1));
        rest = rest.sliced(close + 1);
    } else {
        qsizetype end = 0;
        while (end < rest.size() && !isSpace(rest[end]))
            ++end;
        d.destination = unescaped(rest.first(end));
        rest = rest.sliced(end);
    }
    if (rest.isEmpty())
        return d;
    if (!isSpace(rest.front()))
        return {};
    rest = trimmedLeft(rest);
    const char close = rest.front() == '(' ? ')' : rest.front();
    if (rest.size() < 2 || !QByteArrayView("\"'(").contains(rest.front()) || rest.back() != close)
        return {};
    const QByteArrayView title = rest.sliced(1, rest.size() - 2);
    for (qsizetype i = 0; i < title.size(); ++i) {
        if (title[i] == '\\')
            ++i;
        else if (title[i] == close)
            return {};
    }
    d.title = unescaped(title);
    return d;
}

bool isUndecided(QByteArrayView line, bool afterOneTextLine)
{
    for (;;) { // containers that the line may open
        line = trimmedLeft(line);
        if (line.startsWith('>')) {
            line = line.sliced(1);
            continue;
        }
        const std::optional<ListMarker> marker = listMarker(line);
        if (!marker || isThematicBreak(line) || static_cast<qsizetype>(marker->width) == line.size())
            break;
        line = line.sliced(marker->width);
    }
    if (line.isEmpty() || allOf(line, "-=+*_ \t\r") || allOf(line, "#") || allOf(line, "`") || allOf(line, "~"))
        return true;
    if (afterOneTextLine && allOf(line, "|:- \t\r"))
        return true;
    qsizetype digits = 0;
    while (digits < line.size() && digits < 9 && line[digits] >= '0' && line[digits] <= '9')
        ++digits;
    if (digits > 0 &&
        (digits == line.size() || (digits + 1 == line.size() && (line[digits] == '.' || line[digits] == ')'))))
        return true;
    if (line.startsWith('[') && line.size() < kMaxDefinition) {
        const qsizetype close = line.indexOf(']');
        return close < 0 || close + 1 == line.size() || line[close + 1] == ':';
    }
    return false;
}

} // namespace markdown
