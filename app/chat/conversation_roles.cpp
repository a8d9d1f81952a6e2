#include <QFontMetricsF>
#include <QLocale>

#include <algorithm>
#include <tuple>

#include "chat/conversation_caches.hpp"
#include "chat/conversation_model.hpp"
#include "chat/markdown_inline.hpp"

// What ConversationModel says about one row.

namespace
{
constexpr int kSmall = 6, kMedium = 12, kLarge = 20, kMessage = 16, kUser = 28; // pixels between rows

QString number(double value, int decimals)
{
    return QLocale().toString(value, 'f', decimals);
}
QString tokenCount(int n)
{
    return n == 1 ? ConversationModel::tr("1 token") : ConversationModel::tr("%1 tokens").arg(QLocale().toString(n));
}
const QString kThin = QStringLiteral("\u202f"); // the narrow space before a unit
} // namespace

QHash<int, QByteArray> ConversationModel::roleNames() const
{
    // Asked for with each change.
    static const QHash<int, QByteArray> names{{KindRole, "kind"},
                                              {MessageIdRole, "messageId"},
                                              {ContentRole, "content"},
                                              {ProseRole, "prose"},
                                              {GapRole, "gap"},
                                              {ListDepthRole, "listDepth"},
                                              {QuoteDepthRole, "quoteDepth"},
                                              {FirstRole, "first"},
                                              {LastRole, "last"},
                                              {BlockRole, "block"},
                                              {LanguageRole, "language"},
                                              {ColumnsRole, "columns"},
                                              {AlignsRole, "aligns"},
                                              {ThoughtRole, "thought"},
                                              {CursorRole, "writing"},
                                              {HighlightStartRole, "highlightStart"},
                                              {HighlightLengthRole, "highlightLength"},
                                              {TitleRole, "title"},
                                              {OpenRole, "open"},
                                              {ErrorRole, "error"},
                                              {BranchRole, "branch"},
                                              {BranchCountRole, "branchCount"},
                                              {StateRole, "messageState"}};
    return names;
}

int ConversationModel::kindOf(const Entry& entry, int row) const
{
    const Place place = entry.placeOf(row);
    switch (place.section) {
    case Section::User:
        return User;
    case Section::Think:
        return Think;
    case Section::Foot:
        return Foot;
    default:
        break;
    }
    const MarkdownRow& markdown = entry.message.markdownRow(place);
    switch (markdown.kind) {
    case MarkdownKind::Paragraph:
        return markdown.startsItem && markdown.task ? Task : Paragraph;
    case MarkdownKind::Heading:
        return Heading;
    case MarkdownKind::Code:
        return Code;
    case MarkdownKind::TableHeader:
        return TableHeader;
    case MarkdownKind::TableRow:
        return TableRow;
    case MarkdownKind::Rule:
        return Rule;
    }
    return Paragraph;
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const
{
    const auto [entry, row] = at(index.row());
    if (!entry)
        return {};
    const Message& message = entry->message.message();
    const Place place = entry->placeOf(row);
    switch (role) {
    case KindRole:
        return kindOf(*entry, row);
    case MessageIdRole:
        return message.id;
    case GapRole:
        return gapOf(*entry, row, place);
    case BranchRole:
        return message.siblingIndex;
    case BranchCountRole:
        return message.siblingCount;
    case StateRole:
        return static_cast<int>(message.state);
    default:
        break;
    }
    switch (place.section) {
    case Section::Foot:
        return footData(*entry, role);
    case Section::Think:
        if (role == TitleRole || role == Qt::DisplayRole)
            return thinkTitle(*entry);
        return role == OpenRole ? QVariant(entry->message.thinkingShown()) : QVariant();
    default:
        return blockData(*entry, row, place, role);
    }
}

QVariant ConversationModel::blockData(const Entry& entry, int row, Place place, int role) const
{
    const bool user = place.section == Section::User;
    switch (role) {
    case Qt::DisplayRole:
        return RowTextRef(textOf(entry, place)).plain();
    case ContentRole:
        return QVariant::fromValue(RowTextRef(textOf(entry, place)));
    case HighlightStartRole:
        return highlightOf(entry, place).first;
    case HighlightLengthRole:
        return highlightOf(entry, place).second;
    case ThoughtRole:
        return place.section == Section::ThinkText;
    case CursorRole:
        return isWrittenAt(entry, row);
    default:
        break;
    }
    if (user) {
        if (role == FirstRole)
            return place.index == 0;
        return role == LastRole ? QVariant(place.index + 1 == entry.message.userParts()) : QVariant();
    }
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    const MarkdownRow& markdown = entry.message.markdownRow(place);
    switch (role) {
    case ProseRole:
        return QVariant::fromValue(proseOf(entry, row, place));
    case ListDepthRole:
        return markdown.listDepth;
    case QuoteDepthRole:
        return markdown.quoteDepth;
    case FirstRole:
        return !markdown.continues;
    case LastRole:
        return markdown.ends;
    case BlockRole:
        return static_cast<int>(markdown.block);
    case LanguageRole: {
        const QString info = QString::fromUtf8(blocks.text(blocks.block(markdown).info));
        return info.section(u' ', 0, 0);
    }
    case ColumnsRole:
    case AlignsRole:
        if (markdown.kind != MarkdownKind::TableHeader && markdown.kind != MarkdownKind::TableRow)
            return {};
        return role == AlignsRole ? QVariant::fromValue(columnsOf(entry, place).aligns)
                                  : QVariant::fromValue(columnsOf(entry, place).shown);
    default:
        return {};
    }
}

bool ConversationModel::isWrittenAt(const Entry& entry, int row)
{
    return entry.message.streaming() && row == entry.message.contentRows() - 1;
}

ProseRow ConversationModel::proseOf(const Entry& entry, int row, Place place) const
{
    const MarkdownRow& markdown = entry.message.markdownRow(place);
    ProseRow prose{.content = RowTextRef(textOf(entry, place)),
                   .gap = gapOf(entry, row, place),
                   .headingLevel = markdown.level,
                   .listDepth = markdown.listDepth,
                   .quoteDepth = markdown.quoteDepth,
                   .thought = place.section == Section::ThinkText,
                   .writing = isWrittenAt(entry, row)};
    if (place.index > 0)
        prose.quoteAbove = entry.message.blocks(place.section).rows()[static_cast<size_t>(place.index) - 1].quoteDepth;
    if (markdown.startsItem && markdown.task)
        prose.task = markdown.taskDone ? 2 : 1;
    else if (markdown.startsItem && markdown.ordered)
        prose.marker = QLocale().toString(markdown.number) + u'.';
    else if (markdown.startsItem)
        prose.marker = QChar(markdown.listDepth % 3 == 1 ? u'•' : markdown.listDepth % 3 == 2 ? u'◦' : u'▪');
    std::tie(prose.highlightStart, prose.highlightLength) = highlightOf(entry, place);
    return prose;
}

QVariant ConversationModel::footData(const Entry& entry, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
    case TitleRole:
        return footTitle(entry);
    case ErrorRole:
        return entry.message.message().error;
    default:
        return {};
    }
}

int ConversationModel::gapOf(const Entry& entry, int row, Place place) const
{
    if (row == 0)
        return place.section == Section::User ? kUser : kMessage;
    switch (place.section) {
    case Section::User:
        return 0;
    case Section::Foot:
        return entry.message.contentRows() == 0 ? kMessage : kSmall;
    default:
        break;
    }
    if (place.index == 0)
        return kMedium;
    switch (entry.message.markdownRow(place).gap) {
    case MarkdownGap::None:
        return 0;
    case MarkdownGap::Small:
        return kSmall;
    case MarkdownGap::Medium:
        return kMedium;
    case MarkdownGap::Large:
        return kLarge;
    }
    return 0;
}

std::shared_ptr<const RowText> ConversationModel::textOf(const Entry& entry, Place place) const
{
    const quint64 key = cacheKey(entry.serial, place.section, static_cast<quint32>(place.index));
    if (const auto* cached = m_texts.object(key))
        return *cached;
    std::shared_ptr<const RowText> text;
    bool lasting = true;
    if (place.section == Section::User) {
        const MarkdownLine& part = entry.message.userPart(place.index);
        const QByteArrayView bytes =
            QByteArrayView(entry.message.userBytes()).sliced(part.begin, part.end - part.begin);
        text = std::make_shared<const RowText>(plainRow(bytes, part.begin));
    } else {
        const MarkdownBlocks& blocks = entry.message.blocks(place.section);
        const MarkdownRow& row = entry.message.markdownRow(place);
        auto made = std::make_shared<RowText>(renderRow(blocks, row));
        if (row.kind == MarkdownKind::Code)
            colour(entry, place, *made);
        text = std::move(made);
        lasting = place.index < blocks.stableRows();
    }
    if (lasting)
        m_texts.insert(key, new std::shared_ptr<const RowText>(text));
    return text;
}

qint64 ConversationModel::byteAt(const Entry& entry, Place place, int offset) const
{
    if (place.section != Section::Body && place.section != Section::ThinkText)
        return -1;
    const qint64 byte = textOf(entry, place)->sourceAt(offset, entry.message.blocks(place.section).source());
    return byte < 0 ? -1 : byte + entry.message.base(place.section);
}

QString ConversationModel::thinkTitle(const Entry& entry) const
{
    const ConversationMessage& message = entry.message;
    QStringList parts;
    const std::optional<double> ms = message.thinkMs();
    if (message.thinking())
        parts << tr("Thinking");
    else if (ms)
        parts << tr("Thought for %1")
                     .arg(*ms < 95 ? number(*ms, 0) + kThin + tr("ms", "milliseconds")
                                   : number(*ms / 1000, *ms < 99'950 ? 1 : 0) + kThin + tr("s", "seconds"));
    else
        parts << tr("Thoughts");
    if (const std::optional<int> tokens = message.thinkTokens())
        parts << tokenCount(*tokens);
    return parts.join(QStringLiteral(" · "));
}

QString ConversationModel::footTitle(const Entry& entry) const
{
    const Message& message = entry.message.message();
    QStringList parts;
    if (const std::optional<double> ms = entry.message.firstTokenMs())
        parts << tr("first token %1")
                     .arg(*ms < 9'950 ? number(*ms, 0) + kThin + tr("ms", "milliseconds")
                                      : number(*ms / 1000, 1) + kThin + tr("s", "seconds"));
    if (const std::optional<double> tps = entry.message.tokensPerSecond())
        parts << number(*tps, 1) + kThin + tr("tok/s", "tokens per second");
    const int tokens = message.stats.nGenerated.value_or(entry.message.tokensSeen());
    if (tokens > 0)
        parts << tokenCount(tokens);
    switch (message.state) {
    case MessageState::Streaming:
        parts << (tokens > 0 ? tr("generating") : tr("reading the chat"));
        break;
    case MessageState::Stopped:
        parts << tr("stopped");
        break;
    case MessageState::Interrupted:
        parts << tr("interrupted");
        break;
    case MessageState::Failed:
        parts << tr("failed");
        break;
    case MessageState::Complete:
        if (message.stats.stop == u"max_tokens")
            parts << tr("token limit reached");
        else if (message.stats.stop == u"context_full")
            parts << tr("context full");
        break;
    }
    return parts.join(QStringLiteral(" · "));
}

ConversationModel::TableColumns& ConversationModel::columnsOf(const Entry& entry, Place place) const
{
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    const MarkdownRow& row = entry.message.markdownRow(place);
    const int header =
        row.kind == MarkdownKind::TableHeader ? place.index : place.index - static_cast<int>(row.part) - 1;
    auto& columns = m_columns[cacheKey(entry.serial, place.section, static_cast<quint32>(header))];
    if (!columns) {
        columns = std::make_shared<TableColumns>();
        for (const MarkdownAlign align : blocks.block(row).columns)
            columns->aligns.append(static_cast<int>(align));
        columns->widths.resize(columns->aligns.size());
        columns->shown = columns->widths;
    }
    if (columns->measured > TableColumns::kMeasured)
        return *columns;
    const auto measure = [&](int index, QList<qreal>& widths) {
        QFont font = m_font;
        font.setBold(index == header);
        const QFontMetricsF metrics(font);
        const QStringList cells = textOf(entry, {place.section, index})->text.split(u'\t');
        for (qsizetype i = 0; i < std::min(cells.size(), widths.size()); ++i)
            widths[i] = std::max(widths[i], std::ceil(metrics.horizontalAdvance(cells[i]) / TableColumns::kStep) *
                                                TableColumns::kStep);
    };
    const auto isRow = [&](int index) {
        return index < std::ssize(blocks.rows()) && blocks.rows()[static_cast<size_t>(index)].block == row.block &&
               index - header <= TableColumns::kMeasured;
    };
    int next = header + columns->measured;
    for (; next < blocks.stableRows() && isRow(next); ++next) {
        measure(next, columns->widths);
        ++columns->measured;
    }
    columns->shown = columns->widths;
    for (; isRow(next); ++next)
        measure(next, columns->shown);
    return *columns;
}

void ConversationModel::colour(const Entry& entry, Place place, RowText& text) const
{
    const MarkdownBlocks& blocks = entry.message.blocks(place.section);
    const MarkdownRow& row = entry.message.markdownRow(place);
    const QByteArrayView info = blocks.text(blocks.block(row).info);
    if (info.isEmpty() || row.lineCount == 0)
        return;
    const quint64 key = cacheKey(entry.serial, place.section, row.block);
    auto& block = m_code[key];
    if (!block) {
        block = std::make_shared<CodeBlock>();
        block->section = place.section;
        block->firstRow = place.index - static_cast<int>(row.part / MarkdownBlocks::kCodeLines);
    }
    // Ask for what was not asked for yet, from the first line of the block to the last of this row.
    const bool open = place.index >= blocks.stableRows();
    const int end = static_cast<int>(row.part + row.lineCount) - (open ? 1 : 0);
    const quint32 blockLine = blocks.rows()[static_cast<size_t>(block->firstRow)].firstLine; // parts are contiguous
    const auto lineText = [&](int line) {
        return QString::fromUtf8(blocks.text(blocks.line(blockLine + static_cast<quint32>(line))));
    };
    const QString unfinished = open ? lineText(end) : QString();
    if (block->asked < end || (open && unfinished != block->unfinished)) {
        QStringList lines;
        for (int line = block->asked; line < end; ++line)
            lines.append(lineText(line));
        const QString language = QString::fromUtf8(info).section(u' ', 0, 0);
        m_highlighter.highlight(key, language, block->asked, lines, unfinished);
        block->asked = std::max(block->asked, end);
        block->unfinished = unfinished;
    }
    qsizetype at = 0;
    for (int line = static_cast<int>(row.part); line < static_cast<int>(row.part + row.lineCount); ++line) {
        qsizetype next = text.text.indexOf(QChar::LineSeparator, at);
        if (next < 0)
            next = text.text.size();
        const QList<TextRun>* runs = line < block->lines.size()      ? &block->lines[line]
                                     : line == block->unfinishedLine ? &block->unfinishedRuns
                                                                     : nullptr;
        for (const TextRun& run : runs ? *runs : QList<TextRun>()) {
            const auto length = std::min<qsizetype>(run.length, next - at - run.start);
            if (length > 0)
                text.runs.append({.start = static_cast<int>(at) + run.start,
                                  .length = static_cast<int>(length),
                                  .style = run.style});
        }
        at = next + 1;
    }
}

void ConversationModel::takeColours(quint64 key, int firstLine, const CodeHighlighter::Lines& lines,
                                    const QList<TextRun>& unfinished)
{
    const auto found = m_code.constFind(key);
    const auto serial = static_cast<quint32>(key >> 32);
    const auto entry = std::ranges::find_if(m_entries, [&](const auto& e) { return e->serial == serial; });
    if (found == m_code.cend() || entry == m_entries.end())
        return;
    CodeBlock& block = **found;
    block.lines.resize(std::max<qsizetype>(block.lines.size(), firstLine + lines.size()));
    std::ranges::copy(lines, block.lines.begin() + firstLine);
    block.unfinishedRuns = unfinished;
    block.unfinishedLine = firstLine + static_cast<int>(lines.size());
    const int firstPart = firstLine / static_cast<int>(MarkdownBlocks::kCodeLines);
    const int lastPart = block.unfinishedLine / static_cast<int>(MarkdownBlocks::kCodeLines);
    const auto& rows = (*entry)->message.blocks(block.section).rows();
    for (int part = firstPart; part <= lastPart; ++part) {
        const int index = block.firstRow + part;
        if (index >= std::ssize(rows) || rows[static_cast<size_t>(index)].kind != MarkdownKind::Code)
            break;
        m_texts.remove(cacheKey(serial, block.section, static_cast<quint32>(index)));
        if (const int row = (*entry)->message.rowOf({block.section, index}); row >= 0)
            rowsChanged(**entry, row, row, {ContentRole});
    }
}
