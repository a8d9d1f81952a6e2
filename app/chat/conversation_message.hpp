#pragma once

#include <QByteArray>
#include <QString>

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bridge/run_events.hpp"
#include "chat/markdown_blocks.hpp"
#include "storage/message.hpp"

/// One message as rows: the thinking, if any, under a row that folds it; the text; and a foot. Takes an answer piece by
/// piece. Knows which token each byte of the text came with. Plain data, no signals.
class ConversationMessage
{
public:
    enum class Section : quint8 { User, Think, ThinkText, Body, Foot };
    /// A row of the message: where it is shown and its index within that part.
    struct Place {
        Section section = Section::Body;
        int index = 0;
    };
    /// Rows [first, oldCount) became rows [first, newCount), the foot not counted. `anew`: nothing of them remains.
    struct Change {
        int first = 0, oldCount = 0, newCount = 0;
        bool anew = false;
    };

    explicit ConversationMessage(const Message& message);

    const Message& message() const { return m_message; }
    void setMessage(const Message& message); ///< anything but its text
    int rowCount() const { return contentRows() + (hasFoot() ? 1 : 0); }
    int contentRows() const;
    Place placeOf(int row) const;
    int rowOf(Place place) const; ///< -1 when it is folded away
    int firstOpenRow() const;     ///< rows before this one change only when a Change says `anew`
    bool hasFoot() const { return m_message.author == Author::Assistant; }

    /// What a row of text comes from, and where that begins in the message's bytes.
    const MarkdownBlocks& blocks(Section section) const { return section == Section::ThinkText ? m_think : m_body; }
    quint32 base(Section section) const { return section == Section::ThinkText ? m_thinkBase : m_bodyBase; }
    const MarkdownRow& markdownRow(Place place) const
    {
        return blocks(place.section).rows()[static_cast<size_t>(place.index)];
    }
    std::vector<int> takeRedefinedRows(); ///< rows whose links became known

    /// A user's text in parts of at most kUserBytes, at line ends where there are any.
    static constexpr quint32 kUserBytes = 4000;
    const MarkdownLine& userPart(int index) const { return m_userParts[static_cast<size_t>(index)]; }
    int userParts() const { return static_cast<int>(m_userParts.size()); }
    const QByteArray& userBytes() const { return m_userBytes; }

    void setOpensThinking(bool on);
    Change append(std::span<const RunToken> tokens);
    /// The answer is over; `message` has its whole text. nullopt when that differs from what was taken: made anew.
    std::optional<Change> finish(const Message& message);
    bool streaming() const { return m_message.state == MessageState::Streaming; }

    bool hasThinking() const { return m_hasThinking; }
    bool thinking() const { return m_phase == Phase::Thinking && streaming(); }
    bool thinkingShown() const { return m_foldChoice ? !*m_foldChoice : thinking(); }
    void setFolded(bool folded) { m_foldChoice = folded; }
    std::optional<double> thinkMs() const;
    std::optional<int> thinkTokens() const;

    int tokensSeen() const { return static_cast<int>(m_tokens.size()); }
    std::optional<double> firstTokenMs() const;
    std::optional<double> tokensPerSecond() const;

    /// Says which bytes came with which token: for a message that was loaded.
    void setTokens(const QList<QByteArray>& pieces, const QList<int>& positions);
    int positionAt(quint32 byte) const;                      ///< -1 when unknown
    std::optional<MarkdownLine> bytesOf(int position) const; ///< of the message's text
    /// The token before (`delta` < 0) or after one; without a position the last or the first.
    std::optional<int> tokenBeside(std::optional<int> position, int delta) const;

private:
    enum class Phase : quint8 { Undecided, Thinking, Answering };
    struct Token {
        quint32 begin = 0; ///< byte
        int position = 0;
    };
    void readWhole();
    void take(QByteArrayView text);
    void noteChange(Section section, int firstOfSection);
    void readUser();

    Message m_message;
    QByteArray m_userBytes;
    std::vector<MarkdownLine> m_userParts;
    MarkdownBlocks m_think, m_body;
    quint32 m_thinkBase = 0, m_bodyBase = 0;
    quint32 m_taken = 0;  ///< bytes given to take
    QByteArray m_pending; ///< could still be part of a tag
    Phase m_phase = Phase::Undecided;
    bool m_hasThinking = false;
    std::optional<bool> m_foldChoice; ///< true: folded
    std::vector<Token> m_tokens;
    qint64 m_firstNs = 0, m_lastNs = 0, m_thinkEndNs = -1;
    int m_thinkTokens = -1;
    Change m_change; ///< during append
};
