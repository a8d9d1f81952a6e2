#include "chat/markdown_inline.hpp"

#include <QTextDocumentFragment>
#include <QUrl>

#include <md4c.h>

#include <algorithm>

#include "chat/markdown_lines.hpp"

namespace
{
constexpr unsigned kFlags =
    MD_FLAG_PERMISSIVEAUTOLINKS | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOHTML | MD_FLAG_LATEXMATHSPANS;

/// The bytes that md4c reads, and where in the source they came from. Lines are joined by \v, which md4c takes for
/// white space but not for the end of a line: the whole is written as one heading, so that nothing in it can start a
/// block.
class Buffer
{
public:
    Buffer() { m_bytes.append("# "); }

    void add(QByteArrayView text, quint32 source)
    {
        m_pieces.push_back({static_cast<quint32>(m_bytes.size()), source});
        m_bytes.append(text);
    }
    void addBreak() { m_bytes.append('\v'); }
    void close() { m_bytes.append(" #\n"); }
    void addDefinition(QByteArrayView label, const MarkdownBlocks::LinkDefinition& to)
    {
        m_bytes.append("\n[").append(label).append("]: <").append(to.destination).append(">\n");
    }
    const QByteArray& bytes() const { return m_bytes; }
    /// The source offset of a byte of the buffer, and how many bytes go on from there.
    std::pair<quint32, quint32> sourceOf(quint32 at) const
    {
        auto piece = std::ranges::upper_bound(m_pieces, at, {}, &Piece::at);
        const quint32 end = piece == m_pieces.end() ? static_cast<quint32>(m_bytes.size()) : piece->at;
        --piece;
        return {piece->source + (at - piece->at), end - at};
    }
    bool covers(quint32 at) const { return !m_pieces.empty() && at >= m_pieces.front().at; }

private:
    struct Piece {
        quint32 at, source;
    };
    QByteArray m_bytes;
    std::vector<Piece> m_pieces;
};

QString attribute(const MD_ATTRIBUTE& a)
{
    return QString::fromUtf8(a.text, static_cast<qsizetype>(a.size));
}

bool mayOpen(const QString& target)
{
    const QString scheme = QUrl(target).scheme();
    return scheme == u"http" || scheme == u"https" || scheme == u"mailto";
}

/// Collects what md4c reports about one stretch of inline text.
class InlineReader
{
public:
    InlineReader(RowText& row, const Buffer& buffer) : m_row(row), m_buffer(buffer) {}

    bool read()
    {
        MD_PARSER parser{};
        parser.flags = kFlags;
        parser.enter_block = [](MD_BLOCKTYPE, void*, void*) { return 0; };
        parser.leave_block = [](MD_BLOCKTYPE, void*, void*) { return 0; };
        parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
            static_cast<InlineReader*>(self)->enter(type, detail);
            return 0;
        };
        parser.leave_span = [](MD_SPANTYPE type, void* detail, void* self) {
            static_cast<InlineReader*>(self)->leave(type, detail);
            return 0;
        };
        parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
            static_cast<InlineReader*>(self)->add(type, QByteArrayView(text, static_cast<qsizetype>(size)));
            return 0;
        };
        const QByteArray& bytes = m_buffer.bytes();
        return md_parse(bytes.constData(), static_cast<MD_SIZE>(bytes.size()), &parser, this) == 0;
    }

private:
    static quint16 flagOf(MD_SPANTYPE type)
    {
        switch (type) {
        case MD_SPAN_EM:
            return TextRun::Italic;
        case MD_SPAN_STRONG:
            return TextRun::Bold;
        case MD_SPAN_DEL:
            return TextRun::Strike;
        case MD_SPAN_CODE:
            return TextRun::Code;
        case MD_SPAN_IMG:
            return TextRun::Image;
        case MD_SPAN_LATEXMATH:
        case MD_SPAN_LATEXMATH_DISPLAY:
            return TextRun::Math;
        default:
            return 0;
        }
    }

    void enter(MD_SPANTYPE type, void* detail)
    {
        if (type == MD_SPAN_A) {
            const QString target = attribute(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
            m_links.push_back(mayOpen(target) ? static_cast<int>(m_row.links.size()) : -1);
            if (m_links.back() >= 0)
                m_row.links.append(target);
        }
        m_open.push_back(flagOf(type));
    }

    void leave(MD_SPANTYPE type, void* detail)
    {
        if (type == MD_SPAN_A)
            m_links.pop_back();
        if (type == MD_SPAN_IMG) {
            const QString target = attribute(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src);
            append(QStringLiteral(" (%1)").arg(target), nullptr, 0, false);
        }
        m_open.pop_back();
    }

    void add(MD_TEXTTYPE type, QByteArrayView text)
    {
        switch (type) {
        case MD_TEXT_NULLCHAR:
            append(QString(QChar::ReplacementCharacter), nullptr, 0, false);
            return;
        case MD_TEXT_ENTITY: {
            QString decoded = QTextDocumentFragment::fromHtml(QString::fromUtf8(text)).toPlainText();
            append(decoded.isEmpty() ? QString::fromUtf8(text) : decoded, text.data(), text.size(), false);
            return;
        }
        default:
            break;
        }
        for (qsizetype begin = 0; begin < text.size();) { // up to the next line end of the source
            if (text[begin] == '\v') {
                lineBreak();
                ++begin;
                continue;
            }
            qsizetype end = text.indexOf('\v', begin);
            if (end < 0)
                end = text.size();
            const auto offset = static_cast<quint32>(text.data() + begin - m_buffer.bytes().constData());
            const bool inside = text.data() >= m_buffer.bytes().constData() &&
                                text.data() < m_buffer.bytes().constData() + m_buffer.bytes().size();
            if (inside && m_buffer.covers(offset)) // a dropped byte of a cell divides it
                end = std::min(end, begin + static_cast<qsizetype>(m_buffer.sourceOf(offset).second));
            append(QString::fromUtf8(text.sliced(begin, end - begin)), inside ? text.data() + begin : nullptr,
                   end - begin, true);
            begin = end;
        }
    }

    void lineBreak()
    {
        while (m_row.text.endsWith(u' ')) {
            m_row.text.chop(1);
            if (!m_row.spans.isEmpty() && m_row.spans.back().start + m_row.spans.back().length > m_row.text.size()) {
                --m_row.spans.back().length;
                --m_row.spans.back().bytes;
            }
            if (!m_row.runs.isEmpty() && m_row.runs.back().start + m_row.runs.back().length > m_row.text.size())
                --m_row.runs.back().length;
        }
        append(QString(QChar::LineSeparator), nullptr, 0, false);
    }

    void append(const QString& text, const char* from, qsizetype bytes, bool verbatim)
    {
        const auto start = static_cast<int>(m_row.text.size());
        const auto length = static_cast<int>(text.size());
        m_row.text += text;
        if (from) {
            const quint32 source = m_buffer.sourceOf(static_cast<quint32>(from - m_buffer.bytes().constData())).first;
            SourceSpan* last = m_row.spans.isEmpty() ? nullptr : &m_row.spans.back();
            if (last && verbatim && last->verbatim && last->start + last->length == start &&
                last->source + last->bytes == source) {
                last->length += length;
                last->bytes += static_cast<quint32>(bytes);
            } else {
                m_row.spans.append({start, length, source, static_cast<quint32>(bytes), verbatim});
            }
        }
        TextRun run{.start = start, .length = length};
        for (const quint16 flag : m_open)
            run.flags |= flag;
        for (const int link : m_links)
            run.link = link;
        if (run.link >= 0)
            run.flags |= TextRun::Link;
        if (run.flags == 0)
            return;
        TextRun* last = m_row.runs.isEmpty() ? nullptr : &m_row.runs.back();
        if (last && last->start + last->length == start && last->flags == run.flags && last->link == run.link)
            last->length += length;
        else
            m_row.runs.append(run);
    }

    RowText& m_row;
    const Buffer& m_buffer;
    std::vector<quint16> m_open;
    std::vector<int> m_links;
};

/// Adds a line without the spaces at its end and without a backslash that only breaks the line.
void addLine(Buffer& buffer, QByteArrayView line, quint32 source, bool lastLine)
{
    while (!line.isEmpty() && markdown::isSpace(line.back()))
        line.chop(1);
    qsizetype slashes = 0;
    while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\')
        ++slashes;
    if (!lastLine && slashes % 2 == 1)
        line.chop(1);
    buffer.add(line, source);
}

void addDefinitions(Buffer& buffer, const MarkdownBlocks& blocks, QByteArrayView text)
{
    if (!text.contains('['))
        return;
    QList<QByteArray> added;
    for (const QByteArrayView label : markdown::labelCandidates(text)) {
        const MarkdownBlocks::LinkDefinition* to = blocks.definition(label);
        if (!to || added.contains(label))
            continue;
        added.append(label.toByteArray());
        buffer.addDefinition(label, *to);
    }
}

void addPlain(RowText& row, QByteArrayView utf8, quint32 source)
{
    const QString text = QString::fromUtf8(utf8);
    if (!text.isEmpty())
        row.spans.append({static_cast<int>(row.text.size()), static_cast<int>(text.size()), source,
                          static_cast<quint32>(utf8.size()), true});
    row.text += text;
}

void renderCode(RowText& row, const MarkdownBlocks& blocks, const MarkdownRow& at)
{
    for (quint32 i = 0; i < at.lineCount; ++i) {
        const MarkdownLine& line = blocks.line(at.firstLine + i);
        if (i > 0)
            row.text += QChar::LineSeparator;
        addPlain(row, blocks.text(line), line.begin);
    }
}

void renderTableRow(RowText& row, const MarkdownBlocks& blocks, const MarkdownRow& at)
{
    const MarkdownLine& line = blocks.line(at.firstLine);
    const QByteArrayView text = blocks.text(line);
    const size_t columns = blocks.block(at).columns.size();
    std::vector<MarkdownLine> cells = markdown::tableCells(text);
    cells.resize(columns);
    for (size_t i = 0; i < columns; ++i) {
        if (i > 0)
            row.text += u'\t';
        const QByteArrayView cell = text.sliced(cells[i].begin, cells[i].end - cells[i].begin);
        if (cell.isEmpty())
            continue;
        Buffer buffer;
        for (qsizetype begin = 0; begin < cell.size();) { // "\|" is a bar, in code too
            qsizetype end = cell.indexOf("\\|", begin);
            if (end < 0)
                end = cell.size();
            buffer.add(cell.sliced(begin, end - begin), line.begin + cells[i].begin + static_cast<quint32>(begin));
            begin = end == cell.size() ? end : end + 1;
            if (begin < cell.size() && begin == end + 1) {
                buffer.add(cell.sliced(begin, 1), line.begin + cells[i].begin + static_cast<quint32>(begin));
                ++begin;
            }
        }
        buffer.close();
        addDefinitions(buffer, blocks, cell);
        InlineReader(row, buffer).read();
    }
}
} // namespace

RowText renderRow(const MarkdownBlocks& blocks, const MarkdownRow& row)
{
    RowText out;
    if (row.lineCount == 0)
        return out;
    if (row.kind == MarkdownKind::Code) {
        renderCode(out, blocks, row);
        return out;
    }
    if (row.kind == MarkdownKind::TableHeader || row.kind == MarkdownKind::TableRow) {
        renderTableRow(out, blocks, row);
        return out;
    }
    Buffer buffer;
    for (quint32 i = 0; i < row.lineCount; ++i) {
        const MarkdownLine& line = blocks.line(row.firstLine + i);
        if (i > 0)
            buffer.addBreak();
        addLine(buffer, blocks.text(line), line.begin, i + 1 == row.lineCount);
    }
    buffer.close();
    const MarkdownLine& last = blocks.line(row.firstLine + row.lineCount - 1);
    addDefinitions(buffer, blocks, blocks.text({blocks.line(row.firstLine).begin, last.end}));
    InlineReader(out, buffer).read();
    return out;
}

RowText plainRow(QByteArrayView utf8, quint32 source)
{
    RowText row;
    addPlain(row, utf8, source);
    row.text.replace(u'\n', QChar::LineSeparator);
    return row;
}
