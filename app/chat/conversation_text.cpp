#include "chat/conversation_text.hpp"

#include <algorithm>

namespace
{
/// UTF-16 units of the UTF-8 character that begins with `lead`, and its bytes.
std::pair<int, quint32> unitsOf(uchar lead)
{
    if (lead < 0x80)
        return {1, 1};
    if (lead < 0xE0)
        return {1, 2};
    return lead < 0xF0 ? std::pair{1, 3U} : std::pair{2, 4U};
}

int unitsIn(const SourceSpan& span, quint32 byte, QByteArrayView source)
{
    int units = 0;
    for (quint32 at = span.source; at < byte && at < source.size();) {
        const auto [u, b] = unitsOf(static_cast<uchar>(source[at]));
        units += u;
        at += b;
    }
    return std::min(units, span.length);
}
} // namespace

qint64 RowText::sourceAt(int offset, QByteArrayView source) const
{
    auto span = std::ranges::upper_bound(spans, offset, {}, &SourceSpan::start);
    if (span == spans.begin())
        return -1;
    --span;
    if (offset >= span->start + span->length)
        return -1;
    if (!span->verbatim)
        return span->source;
    quint32 at = span->source;
    for (int units = span->start; at < source.size();) {
        const auto [u, b] = unitsOf(static_cast<uchar>(source[at]));
        units += u;
        if (units > offset)
            break;
        at += b;
    }
    return at;
}

std::pair<int, int> RowText::rangeOf(quint32 begin, quint32 end, QByteArrayView source) const
{
    int first = -1, last = -1;
    for (const SourceSpan& span : spans) {
        if (span.source + span.bytes <= begin || span.source >= end)
            continue;
        const int from = span.start + (span.verbatim && begin > span.source ? unitsIn(span, begin, source) : 0);
        const int to =
            span.start + (span.verbatim && end < span.source + span.bytes ? unitsIn(span, end, source) : span.length);
        if (first < 0)
            first = from;
        last = to;
    }
    return {std::max(first, 0), first < 0 ? 0 : last - first};
}

QString RowTextRef::plain() const
{
    QString text = (**this).text;
    return text.replace(QChar::LineSeparator, u'\n');
}

const RowText& RowTextRef::operator*() const
{
    static const RowText empty;
    return m_text ? *m_text : empty;
}
