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
        parts << (message.id == m_waiting ? tr("waiting for you")
                  : tokens > 0            ? tr("generating")
                                          : tr("reading the chat"));
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
