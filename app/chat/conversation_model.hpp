#pragma once

#include <QAbstractListModel>
#include <QCache>
#include <QElapsedTimer>
#include <QFont>
#include <QHash>
#include <QtQml/qqmlregistration.h>

#include <memory>
#include <span>
#include <vector>

#include "bridge/run_events.hpp"
#include "chat/code_highlighter.hpp"
#include "chat/conversation_message.hpp"
#include "chat/conversation_text.hpp"
#include "chat/prose_row.hpp"
#include "storage/message.hpp"

/// The shown messages as one flat list of small rows, so that a view can leave out what is not visible inside a long
/// answer too. While an answer streams, rows are added and only the open ones change; a row's text is made when a view
/// asks for it. GUI thread.
class ConversationModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(qint64 selectedMessageId READ selectedMessageId NOTIFY selectionChanged)
    Q_PROPERTY(int selectedPosition READ selectedPosition NOTIFY selectionChanged)
    Q_PROPERTY(bool atEnd READ atEnd WRITE setAtEnd NOTIFY atEndChanged)
    Q_PROPERTY(QFont textFont READ textFont WRITE setTextFont NOTIFY textFontChanged)
    Q_PROPERTY(bool streaming READ streaming NOTIFY streamingChanged)
public:
    enum Kind { User, Paragraph, Task, Heading, Code, TableHeader, TableRow, Rule, Think, Foot };
    Q_ENUM(Kind)
    enum Roles {
        KindRole = Qt::UserRole + 1,
        MessageIdRole,
        ContentRole,        ///< rowText
        ProseRole,          ///< proseRow: all that a paragraph, a task or a heading shows
        GapRole,            ///< int, pixels above
        ListDepthRole,      ///< int
        QuoteDepthRole,     ///< int
        FirstRole,          ///< bool: the block begins with this row
        LastRole,           ///< bool: the block ends with this row
        BlockRole,          ///< int: parts of one code block or table share it within a message
        LanguageRole,       ///< string
        ColumnsRole,        ///< list<real>: natural widths of a table's columns, pixels of the body font
        AlignsRole,         ///< list<int>: 0 start, 1 centre, 2 end
        ThoughtRole,        ///< bool: part of the thinking
        CursorRole,         ///< bool: the answer is being written here
        HighlightStartRole, ///< int: characters of the selected token
        HighlightLengthRole,
        TitleRole,       ///< string: of a Think row, "Thought for 0.6 s · 31 tokens"; of a Foot, the measurements
        OpenRole,        ///< bool: of a Think row
        ErrorRole,       ///< string: of a Foot
        BranchRole,      ///< int: 0 for the first version of the message
        BranchCountRole, ///< int
        StateRole,       ///< MessageState as int
    };

    explicit ConversationModel(QObject* parent = nullptr);
    ~ConversationModel() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    /// Shows a path of the message tree; messages it shares with the shown one keep their rows.
    void setMessages(const QList<Message>& path);
    void appendMessage(const Message& message);
    void appendTokens(qint64 messageId, std::span<const RunToken> tokens);
    void setOpensThinking(qint64 messageId, bool on);
    /// The answer is over: its whole text, measurements and state.
    void finish(const Message& message);
    /// Anything of a message but its text: branches, state, error.
    void updateMessage(const Message& message);
    void clear();
    /// Names the answer that waits for the reader's word; 0: none does.
    void setWaiting(qint64 messageId);
    /// Says which bytes of a loaded message came with which token.
    void setTokenSpans(qint64 messageId, const QList<QByteArray>& pieces, const QList<int>& positions);
    /// Marks a token; messageId 0 marks none.
    void selectToken(qint64 messageId, int position);

    qint64 selectedMessageId() const { return m_selectedMessage; }
    int selectedPosition() const { return m_selectedPosition; }
    bool streaming() const { return m_streaming; }
    /// Set by the view: what the columns of tables are measured with.
    QFont textFont() const { return m_font; }
    void setTextFont(const QFont& font);
    /// Set by the view: the reader is at the end, so that finished thinking may fold.
    bool atEnd() const { return m_atEnd; }
    void setAtEnd(bool on);

    /// The context position of the token that a row's character came with; -1 when it is not known.
    Q_INVOKABLE int tokenAt(int row, int documentOffset) const;
    /// A click on a character: selects its token and says so.
    Q_INVOKABLE void activateToken(int row, int documentOffset);
    /// The token before (`delta` < 0) or after the selected one, of those that are shown; without one, of the last
    /// answer.
    Q_INVOKABLE void stepToken(int delta);
    Q_INVOKABLE int selectedRow() const; ///< where the selected token begins; -1: not shown
    Q_INVOKABLE void toggleThinking(int row);
    /// The source of the message, as it was written, without its thinking.
    Q_INVOKABLE QString sourceOf(qint64 messageId) const;
    /// The source of the code block or table a row is part of.
    Q_INVOKABLE QString blockSource(int row) const;
    Q_INVOKABLE void copyText(const QString& text) const;
    Q_INVOKABLE int lastRowOf(qint64 messageId) const; ///< -1: not shown
    /// The message whose versions a key should go through: `preferred` if it has any, else the last that has; 0: none.
    Q_INVOKABLE qint64 branchedMessage(qint64 preferred) const;
    Q_INVOKABLE qint64 lastMessageId() const; ///< 0: none

signals:
    void selectionChanged();
    void atEndChanged();
    void textFontChanged();
    void streamingChanged();
    void tokenActivated(qint64 messageId, int position);

private:
    struct Entry {
        explicit Entry(const Message& m) : message(m) {}
        ConversationMessage message;
        quint32 serial = 0; ///< names the message in caches; a changed text gets a new one
        int firstRow = 0;
        int shown = 0; ///< rows the views know of, the foot included

        /// The place of a row as the views count them: while they are being told, the foot is not yet where it will be.
        ConversationMessage::Place placeOf(int row) const
        {
            if (message.hasFoot() && row == shown - 1)
                return {ConversationMessage::Section::Foot, 0};
            return message.placeOf(row);
        }
    };
    struct CodeBlock;
    struct TableColumns;
    using Place = ConversationMessage::Place;
    using Section = ConversationMessage::Section;

    Entry* entryOf(qint64 messageId) const { return m_byId.value(messageId); }
    std::pair<Entry*, int> at(int row) const; ///< message and row within it
    void renumber();
    void insertEntry(const Message& message);
    /// A row that was open before an append.
    struct OpenRow {
        int kind = 0;
        MarkdownRow row;
        MarkdownLine source; ///< from its first byte to its last
    };
    OpenRow openRow(const Entry& entry, int row) const;
    void applyChange(Entry& entry, const ConversationMessage::Change& change, int firstOpen,
                     const std::vector<OpenRow>& before);
    void insertRows(Entry& entry, int first, int count);
    void removeRows(Entry& entry, int first, int count);
    void rowsChanged(const Entry& entry, int first, int last, const QList<int>& roles = {});
    void dropCaches(quint32 serial);

    int kindOf(const Entry& entry, int row) const;
    QVariant blockData(const Entry& entry, int row, Place place, int role) const;
    static bool isWrittenAt(const Entry& entry, int row);
    ProseRow proseOf(const Entry& entry, int row, Place place) const;
    QVariant footData(const Entry& entry, int role) const;
    int gapOf(const Entry& entry, int row, Place place) const;
    std::shared_ptr<const RowText> textOf(const Entry& entry, Place place) const;
    std::pair<int, int> highlightOf(const Entry& entry, Place place) const;
    std::pair<int, int> rangeOf(const Entry& entry, Place place,
                                int position) const;        ///< characters of a token in a row
    int rowOfToken(const Entry& entry, int position) const; ///< -1: not shown
    qint64 byteAt(const Entry& entry, Place place, int offset) const;
    QString thinkTitle(const Entry& entry) const;
    QString footTitle(const Entry& entry) const;

    void announceColumns(const Entry& entry, int first, int end);
    TableColumns& columnsOf(const Entry& entry, Place place) const;
    void colour(const Entry& entry, Place place, RowText& text) const;
    void takeColours(quint64 key, int firstLine, const CodeHighlighter::Lines& lines, const QList<TextRun>& unfinished);

    std::vector<std::unique_ptr<Entry>> m_entries;
    QHash<qint64, Entry*> m_byId;
    QFont m_font;
    int m_rows = 0;
    qint64 m_selectedMessage = 0;
    int m_selectedPosition = -1;
    bool m_atEnd = true;
    bool m_streaming = false;
    QElapsedTimer m_footTimer;
    qint64 m_waiting = 0;
    quint32 m_nextSerial = 1;
    // Made when a view asks, by (entry serial, section, row or block).
    mutable QCache<quint64, std::shared_ptr<const RowText>> m_texts{600};
    mutable QHash<quint64, std::shared_ptr<CodeBlock>> m_code;
    mutable QHash<quint64, std::shared_ptr<TableColumns>> m_columns;
    mutable CodeHighlighter m_highlighter;
};
