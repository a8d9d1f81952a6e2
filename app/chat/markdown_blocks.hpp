#pragma once

#include <QByteArray>
#include <QHash>

#include <optional>
#include <vector>

#include "chat/markdown_row.hpp"

/// Splits Markdown that arrives in pieces into rows: CommonMark's block structure with GFM tables and task lists. Each
/// line is read once when it is complete; only the last, open block and the unfinished line are looked at again, so the
/// work for a piece does not grow with the text. The rows are those that the same text gives in one piece.
///
/// Departures from CommonMark, each for texts that stream: no indented code (models fence theirs; a stray indent must
/// not turn prose into code), raw HTML is text, a link definition fits on one line, and lists do not tell loose from
/// tight, so that an item is final as soon as it ends. Plain data; not thread-safe.
class MarkdownBlocks
{
public:
    static constexpr quint32 kParagraphBytes = 4000; ///< a longer paragraph goes on in a next row
    static constexpr quint32 kCodeLines =
        16;                              ///< of one part of a code block: its ground is painted anew with each line
    static constexpr int kMaxDepth = 32; ///< deeper containers are text

    struct LinkDefinition {
        QByteArray destination, title;
    };

    MarkdownBlocks();
    /// Adds UTF-8 text. Returns the index of the first row that may differ from before.
    int append(QByteArrayView text);
    /// Says that no more text comes. Returns as append.
    int finish();

    const std::vector<MarkdownRow>& rows() const { return m_rows; }
    /// Rows before this one never change again, but for late link definitions.
    int stableRows() const { return static_cast<int>(m_stableRows); }
    const QByteArray& source() const { return m_source; }
    const MarkdownLine& line(quint32 index) const { return m_lines[index]; }
    const MarkdownBlock& block(const MarkdownRow& row) const { return m_blocks[row.block]; }
    QByteArrayView text(const MarkdownLine& line) const
    {
        return QByteArrayView(m_source).sliced(line.begin, line.end - line.begin);
    }

    /// The definition of a link label, compared as CommonMark does: case and runs of space do not matter.
    const LinkDefinition* definition(QByteArrayView label) const;
    /// Rows that used a label before it was defined, since the last call.
    std::vector<int> takeRedefinedRows();

private:
    struct Container {
        enum Type : quint8 { Quote, List, Item } type = Quote;
        char mark = 0; ///< of a list: '-', '+', '*', '.' or ')'
        bool ordered = false;
        bool empty = false;     ///< an item without content yet
        bool announced = false; ///< an item's marker has been given to a row
        bool task = false, taskDone = false;
        quint32 indent = 0; ///< columns an item's content is indented by
        int number = 0;     ///< of an item; of a list, the last one given
    };
    enum class Leaf : quint8 { None, Paragraph, Fence, Table };
    /// Everything that a further line changes besides the rows; copied to try out an unfinished line.
    struct State {
        std::vector<Container> containers;
        Leaf leaf = Leaf::None;
        quint32 leafLine = 0;  ///< first line of the open row
        quint32 leafBytes = 0; ///< of an open paragraph's row
        quint32 leafBlock = 0;
        quint32 leafPart = 0; ///< lines of the block in rows before the open one
        quint32 fenceLength = 0, fenceIndent = 0;
        char fenceChar = 0;
        bool leafContinues = false; ///< the open row goes on with the one above
        bool blankBefore = false;   ///< a blank line came since the last row
        quint32 midLine = 0;        ///< bytes of the unfinished line that were taken already; 0: none
    };
    struct Cursor;

    void takeLine(quint32 begin, quint32 end, bool complete);
    bool openContainer(Cursor& at, size_t matched, bool allMatched);
    void makeRoom(size_t matched);
    bool startLeaf(Cursor& at, size_t matched, bool allMatched);
    bool makeTable(const Cursor& at);
    void takeFence(Cursor& at);
    void addCodePart(bool ends);
    void takeText(Cursor& at, bool complete, size_t matched);
    bool takeDefinition(QByteArrayView line);
    void extendParagraph(quint32 end);
    void cutParagraph();
    static quint32 cutPlace(QByteArrayView head);
    void closeLeaf();
    void closeTo(size_t count);
    MarkdownRow& addRow(MarkdownKind kind, quint32 firstLine, quint32 lineCount, bool continues);
    void continueUnfinishedLine();
    void showOpenBlock();
    int settle(quint32 stableBefore);
    void noteReferences(quint32 row);

    QByteArray m_source;
    std::vector<MarkdownRow> m_rows;
    std::vector<MarkdownLine> m_lines;
    std::vector<MarkdownBlock> m_blocks;
    State m_state;
    quint32 m_lineBegin = 0; ///< of the unfinished line
    quint32 m_scanned = 0;   ///< no line ending before this
    quint32 m_stableRows = 0, m_stableLines = 0, m_stableBlocks = 1;
    bool m_trying = false; ///< an unfinished line is being tried: nothing may outlive it
    QHash<QByteArray, LinkDefinition> m_definitions;
    QHash<QByteArray, std::vector<int>> m_unresolved; ///< label -> stable rows
    std::vector<int> m_redefined;
};
