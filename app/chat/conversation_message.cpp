#include "chat/conversation_message.hpp"

#include <algorithm>

namespace
{
constexpr QByteArrayView kOpen = "<think>";
constexpr QByteArrayView kClose = "</think>";

bool isBlank(QByteArrayView text)
{
    return std::ranges::all_of(text, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
}

/// How many bytes at the end of `text` could begin `tag`.
qsizetype heldBack(QByteArrayView text, QByteArrayView tag)
{
    for (qsizetype n = std::min(text.size(), tag.size() - 1); n > 0; --n) {
        if (tag.startsWith(text.last(n)))
            return n;
    }
    return 0;
}

/// A text that was opened by its prompt: a closing tag on a line of its own, none that opens before it.
bool closesWithoutOpening(QByteArrayView text)
{
    const qsizetype close = text.indexOf(kClose);
    if (close < 0 || text.first(close).contains(kOpen))
        return false;
    const qsizetype after = close + kClose.size();
    return (close == 0 || text[close - 1] == '\n') && (after == text.size() || text[after] == '\n');
}
} // namespace

ConversationMessage::ConversationMessage(const Message& message) : m_message(message)
{
    if (m_message.author == Author::Assistant)
        readWhole();
    else if (m_message.author == Author::User)
        readUser();
}

void ConversationMessage::setMessage(const Message& message)
{
    QString text = std::move(m_message.text);
    m_message = message;
    m_message.text = std::move(text);
}

void ConversationMessage::readUser()
{
    m_userBytes = m_message.text.toUtf8();
    const auto size = static_cast<quint32>(m_userBytes.size());
    for (quint32 begin = 0;;) {
        quint32 end = std::min(size, begin + kUserBytes);
        if (end < size) {
            const qsizetype line = m_userBytes.lastIndexOf('\n', end);
            const qsizetype blank = m_userBytes.lastIndexOf(' ', end - 1);
            if (line > static_cast<qsizetype>(begin))
                end = static_cast<quint32>(line);
            else if (blank > static_cast<qsizetype>(begin))
                end = static_cast<quint32>(blank + 1);
            while (end > begin + 1 && (static_cast<uchar>(m_userBytes[end]) & 0xC0) == 0x80)
                --end;
        }
        m_userParts.push_back({begin, end});
        if (end == size)
            return;
        begin = m_userBytes[end] == '\n' ? end + 1 : end;
    }
}

void ConversationMessage::readWhole()
{
    const QByteArray text = m_message.text.toUtf8();
    if (closesWithoutOpening(text))
        setOpensThinking(true);
    take(text);
    if (streaming())
        return;
    if (!m_pending.isEmpty()) { // an unfinished tag is text after all
        const QByteArray rest = std::exchange(m_pending, {});
        if (m_phase == Phase::Thinking) {
            m_think.append(rest);
        } else {
            m_phase = Phase::Answering;
            m_body.append(rest);
        }
    }
    m_think.finish();
    m_body.finish();
}

void ConversationMessage::setOpensThinking(bool on)
{
    if (!on || m_phase != Phase::Undecided || m_taken > 0)
        return;
    m_phase = Phase::Thinking;
}

int ConversationMessage::contentRows() const
{
    if (m_message.author == Author::User)
        return userParts();
    if (m_message.author == Author::System)
        return 0;
    const int body = static_cast<int>(m_body.rows().size());
    if (!m_hasThinking)
        return body;
    return 1 + (thinkingShown() ? static_cast<int>(m_think.rows().size()) : 0) + body;
}

ConversationMessage::Place ConversationMessage::placeOf(int row) const
{
    if (m_message.author == Author::User)
        return {Section::User, row};
    if (row >= contentRows())
        return {Section::Foot, 0};
    if (m_hasThinking) {
        if (row == 0)
            return {Section::Think, 0};
        --row;
        const int shown = thinkingShown() ? static_cast<int>(m_think.rows().size()) : 0;
        if (row < shown)
            return {Section::ThinkText, row};
        row -= shown;
    }
    return {Section::Body, row};
}

int ConversationMessage::rowOf(Place place) const
{
    const int head = m_hasThinking ? 1 : 0;
    switch (place.section) {
    case Section::User:
        return place.index;
    case Section::Think:
        return m_hasThinking ? 0 : -1;
    case Section::ThinkText:
        return thinkingShown() ? head + place.index : -1;
    case Section::Body:
        return head + (m_hasThinking && thinkingShown() ? static_cast<int>(m_think.rows().size()) : 0) + place.index;
    case Section::Foot:
        return contentRows();
    }
    return -1;
}

int ConversationMessage::firstOpenRow() const
{
    if (m_phase == Phase::Answering)
        return rowOf({Section::Body, m_body.stableRows()});
    return thinkingShown() && m_hasThinking ? rowOf({Section::ThinkText, m_think.stableRows()}) : 0;
}

void ConversationMessage::noteChange(Section section, int firstOfSection)
{
    const int row = rowOf({section, firstOfSection});
    if (row >= 0)
        m_change.first = std::min(m_change.first, row);
}

void ConversationMessage::take(QByteArrayView text)
{
    m_taken += static_cast<quint32>(text.size());
    m_pending.append(text);
    if (m_phase == Phase::Undecided) {
        if (isBlank(m_pending))
            return;
        qsizetype begin = 0;
        while (isBlank(QByteArrayView(m_pending).sliced(begin, 1)))
            ++begin;
        const QByteArrayView head = QByteArrayView(m_pending).sliced(begin);
        if (head.startsWith(kOpen)) {
            m_pending.remove(0, begin + kOpen.size());
            m_phase = Phase::Thinking;
        } else if (kOpen.startsWith(head)) {
            return;
        } else {
            m_phase = Phase::Answering;
        }
        (m_phase == Phase::Thinking ? m_thinkBase : m_bodyBase) = m_taken - static_cast<quint32>(m_pending.size());
    }
    if (m_phase == Phase::Thinking) {
        const qsizetype close = m_pending.indexOf(kClose);
        const qsizetype given = close >= 0 ? close : m_pending.size() - heldBack(m_pending, kClose);
        const QByteArrayView thought = QByteArrayView(m_pending).first(given);
        if (!m_hasThinking && !(isBlank(m_think.source()) && isBlank(thought))) {
            m_hasThinking = true;
            m_change.anew = true;
            m_change.first = 0;
        }
        noteChange(Section::ThinkText, m_think.append(thought));
        m_pending.remove(0, given);
        if (close < 0)
            return;
        noteChange(Section::ThinkText, m_think.finish());
        m_pending.remove(0, kClose.size());
        m_phase = Phase::Answering;
        m_bodyBase = m_taken - static_cast<quint32>(m_pending.size());
        if (m_hasThinking) { // it folds now, unless the user chose
            m_change.anew = true;
            m_change.first = 0;
        }
    }
    const QByteArray rest = std::exchange(m_pending, {});
    if (!rest.isEmpty())
        noteChange(Section::Body, m_body.append(rest));
}

ConversationMessage::Change ConversationMessage::append(std::span<const RunToken> tokens)
{
    m_change = {contentRows(), contentRows(), contentRows()};
    if (tokens.empty())
        return m_change;
    const bool thought = m_phase != Phase::Answering;
    const size_t before = m_tokens.size();
    QByteArray text;
    for (const RunToken& token : tokens) {
        m_tokens.push_back({m_taken + static_cast<quint32>(text.size()), token.position});
        text += token.text.toUtf8();
        m_message.text += token.text;
    }
    if (before == 0)
        m_firstNs = tokens.front().tNs;
    m_lastNs = tokens.back().tNs;
    take(text);
    if (thought && m_phase == Phase::Answering && m_hasThinking) {
        const auto answer = std::ranges::lower_bound(m_tokens, m_bodyBase, {}, &Token::begin);
        m_thinkTokens = static_cast<int>(answer - m_tokens.begin());
        const size_t last = static_cast<size_t>(std::max(m_thinkTokens, 1)) - 1;
        m_thinkEndNs = last >= before ? tokens[last - before].tNs : m_lastNs;
    }
    m_change.newCount = contentRows();
    m_change.first = std::min(m_change.first, m_change.newCount);
    return m_change;
}

std::optional<ConversationMessage::Change> ConversationMessage::finish(const Message& message)
{
    if (message.text != m_message.text || m_message.author != Author::Assistant || !m_pending.isEmpty()) {
        // Stored with more in front (the <think> that the prompt opened) or cut: the tokens move with the text.
        const QByteArray oldText = m_message.text.toUtf8();
        const QByteArray newText = message.text.toUtf8();
        std::vector<Token> tokens = std::move(m_tokens);
        const std::optional<bool> folded = m_foldChoice;
        const qint64 first = m_firstNs, last = m_lastNs, thinkEnd = m_thinkEndNs;
        const int thinkTokens = m_thinkTokens;
        *this = ConversationMessage(message);
        if (newText.endsWith(oldText)) {
            const auto shift = static_cast<quint32>(newText.size() - oldText.size());
            for (Token& token : tokens)
                token.begin += shift;
            m_tokens = std::move(tokens);
        } else if (newText.startsWith(oldText) || oldText.startsWith(newText)) {
            m_tokens = std::move(tokens);
        }
        m_foldChoice = folded;
        m_firstNs = first;
        m_lastNs = last;
        m_thinkEndNs = thinkEnd;
        m_thinkTokens = thinkTokens;
        return {};
    }
    m_change = {contentRows(), contentRows(), 0};
    const bool wasShown = m_hasThinking && thinkingShown();
    setMessage(message);
    if (m_hasThinking && wasShown != thinkingShown()) { // stopped while it was thinking
        m_change.anew = true;
        m_change.first = 0;
    }
    noteChange(Section::ThinkText, m_think.finish());
    noteChange(Section::Body, m_body.finish());
    m_change.newCount = contentRows();
    m_change.first = std::min(m_change.first, m_change.newCount);
    return m_change;
}

std::vector<int> ConversationMessage::takeRedefinedRows()
{
    std::vector<int> rows;
    for (const Section section : {Section::ThinkText, Section::Body}) {
        for (const int index : (section == Section::ThinkText ? m_think : m_body).takeRedefinedRows()) {
            if (const int row = rowOf({section, index}); row >= 0)
                rows.push_back(row);
        }
    }
    return rows;
}

std::optional<double> ConversationMessage::thinkMs() const
{
    if (m_message.stats.thinkMs)
        return m_message.stats.thinkMs;
    if (m_thinkEndNs >= 0 && m_thinkTokens > 0)
        return static_cast<double>(m_thinkEndNs - m_firstNs) / 1e6;
    return {};
}

std::optional<int> ConversationMessage::thinkTokens() const
{
    if (m_thinkTokens >= 0)
        return m_thinkTokens;
    return thinking() && !m_tokens.empty() ? std::optional(tokensSeen()) : std::nullopt;
}

std::optional<double> ConversationMessage::firstTokenMs() const
{
    if (m_message.stats.ttftMs)
        return m_message.stats.ttftMs;
    return m_tokens.empty() || m_firstNs <= 0 ? std::nullopt : std::optional(static_cast<double>(m_firstNs) / 1e6);
}

std::optional<double> ConversationMessage::tokensPerSecond() const
{
    if (m_message.stats.decodeTps)
        return m_message.stats.decodeTps;
    if (m_tokens.size() < 2 || m_lastNs <= m_firstNs)
        return {};
    return static_cast<double>(m_tokens.size() - 1) * 1e9 / static_cast<double>(m_lastNs - m_firstNs);
}

void ConversationMessage::setTokens(const QList<QByteArray>& pieces, const QList<int>& positions)
{
    const QByteArray text = m_message.text.toUtf8();
    const QByteArray all = pieces.join();
    m_tokens.clear();
    if (pieces.size() != positions.size() || (!text.endsWith(all) && !text.startsWith(all)))
        return; // another text: rather no tokens than wrong ones
    auto at = static_cast<quint32>(text.endsWith(all) ? text.size() - all.size() : 0);
    m_tokens.reserve(static_cast<size_t>(pieces.size()));
    for (qsizetype i = 0; i < pieces.size(); ++i) {
        m_tokens.push_back({at, positions[i]});
        at += static_cast<quint32>(pieces[i].size());
    }
}

int ConversationMessage::positionAt(quint32 byte) const
{
    const auto after = std::ranges::upper_bound(m_tokens, byte, {}, &Token::begin);
    return after == m_tokens.begin() ? -1 : std::prev(after)->position;
}

std::optional<MarkdownLine> ConversationMessage::bytesOf(int position) const
{
    const auto token = std::ranges::lower_bound(m_tokens, position, {}, &Token::position);
    if (token == m_tokens.end() || token->position != position)
        return {};
    const auto next = std::next(token);
    return MarkdownLine{token->begin, next == m_tokens.end() ? UINT32_MAX : next->begin};
}

std::optional<int> ConversationMessage::tokenBeside(std::optional<int> position, int delta) const
{
    const auto end = m_tokens.end();
    const auto token = position ? std::ranges::lower_bound(m_tokens, *position, {}, &Token::position) : end;
    if (delta < 0)
        return token == m_tokens.begin() ? std::nullopt : std::optional(std::prev(token)->position);
    const auto next = !position ? m_tokens.begin() : token == end || token->position != *position ? token : token + 1;
    return next == end ? std::nullopt : std::optional(next->position);
}
