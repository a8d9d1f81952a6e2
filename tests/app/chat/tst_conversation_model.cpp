#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

#include "chat/conversation_model.hpp"

using namespace Qt::StringLiterals;

namespace
{

Message user(qint64 id, const QString& text)
{
    Message m;
    m.id = id;
    m.author = Author::User;
    m.text = text;
    return m;
}

Message answer(qint64 id, const QString& text, MessageState state = MessageState::Complete)
{
    Message m;
    m.id = id;
    m.author = Author::Assistant;
    m.text = text;
    m.state = state;
    return m;
}

/// A text as tokens of `size` characters, none divided, from position 100.
QList<RunToken> tokensOf(const QString& text, int size)
{
    QList<RunToken> tokens;
    for (qsizetype begin = 0; begin < text.size();) {
        qsizetype end = std::min(begin + size, text.size());
        if (end < text.size() && text[end].isLowSurrogate())
            ++end;
        const auto index = static_cast<int>(tokens.size());
        RunToken token;
        token.index = index;
        token.position = 100 + index;
        token.text = text.sliced(begin, end - begin);
        token.tNs = 84'000'000 + qint64{index} * 20'000'000;
        tokens.append(token);
        begin = end;
    }
    return tokens;
}

QVariant at(const ConversationModel& model, int row, int role)
{
    return model.data(model.index(row), role);
}

/// What a reader sees, row by row.
QStringList shown(const ConversationModel& model)
{
    QStringList rows;
    for (int row = 0; row < model.rowCount(); ++row)
        rows << QString::number(at(model, row, ConversationModel::KindRole).toInt()) + u' ' +
                    at(model, row, ConversationModel::ProseRole).value<ProseRow>().marker + u' ' +
                    at(model, row, Qt::DisplayRole).toString();
    return rows;
}

const QString kRich =
    u"<think>\nHm, *so*.\n\n- one\n</think>\n\n# Title\n\nSome **bold** text with [a].\n\n1. x\n2. y\n\n"
    "```py\nfor i in x:\n    pass\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n[a]: https://b.c\n\nend \U0001F600 of it"_s;

} // namespace

class TestConversationModel : public QObject
{
    Q_OBJECT

private slots:
    /// Streaming, whatever the pieces, ends with the rows of the stored message, and no view is told anything false.
    void streamingEndsLikeLoading()
    {
        ConversationModel loaded;
        loaded.setMessages({user(1, u"Q"_s), answer(2, kRich)});
        for (int size = 1; size < 12; ++size) {
            ConversationModel model;
            QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
            model.setMessages({user(1, u"Q"_s), answer(2, {}, MessageState::Streaming)});
            QVERIFY(model.streaming());
            const QList<RunToken> tokens = tokensOf(kRich, size);
            for (qsizetype i = 0; i < tokens.size(); i += 1 + size % 3)
                model.appendTokens(2, tokens.mid(i, 1 + size % 3));
            model.finish(answer(2, kRich));
            QVERIFY(!model.streaming());
            QStringList got = shown(model), want = shown(loaded);
            QCOMPARE(got.size(), want.size());
            got.removeLast(); // the measurements differ
            want.removeLast();
            got.removeAt(1); // so does the time of thinking
            want.removeAt(1);
            QCOMPARE(got, want);
        }
    }

    /// Rows above the open one are not told of again while an answer grows.
    void lastingRowsAreLeftAlone()
    {
        ConversationModel model;
        model.setMessages({user(1, u"Q"_s), answer(2, {}, MessageState::Streaming)});
        QString text;
        for (int i = 0; i < 50; ++i)
            text += u"Paragraph %1 of some words.\n\n"_s.arg(i);
        int lowest = 1000;
        connect(&model, &QAbstractItemModel::dataChanged, this,
                [&](const QModelIndex& first, const QModelIndex&, const QList<int>& roles) {
                    if (roles.contains(ConversationModel::ContentRole) || roles.isEmpty())
                        lowest = std::min(lowest, first.row() - model.rowCount());
                });
        lowest = 0;
        for (const RunToken& token : tokensOf(text, 4))
            model.appendTokens(2, {&token, 1});
        QVERIFY2(lowest >= -4, qPrintable(QString::number(lowest)));
        QCOMPARE(model.rowCount(), 1 + 50 + 1);
    }

    void clickFindsItsToken()
    {
        const QString text = u"The **map** of \u4e2d\u6587 `experts` & more"_s;
        ConversationModel model;
        model.setMessages({answer(2, {}, MessageState::Streaming)});
        model.appendTokens(2, tokensOf(text, 3));
        model.finish(answer(2, text));
        const QString shownText = at(model, 0, Qt::DisplayRole).toString();
        QCOMPARE(shownText, u"The map of \u4e2d\u6587 experts & more"_s);
        for (const QString& word : {u"map"_s, u"\u6587"_s, u"experts"_s, u"more"_s}) {
            const auto inShown = static_cast<int>(shownText.indexOf(word));
            const auto inSource = static_cast<int>(text.indexOf(word));
            QCOMPARE(model.tokenAt(0, inShown), 100 + inSource / 3);
        }
        QCOMPARE(model.tokenAt(0, 1000), -1);
        QSignalSpy activated(&model, &ConversationModel::tokenActivated);
        model.activateToken(0, static_cast<int>(shownText.indexOf(u"experts"_s)));
        QCOMPARE(activated.size(), 1);
        QCOMPARE(model.selectedPosition(), 100 + static_cast<int>(text.indexOf(u"experts"_s)) / 3);
        const int start = at(model, 0, ConversationModel::HighlightStartRole).toInt();
        const int length = at(model, 0, ConversationModel::HighlightLengthRole).toInt();
        const int click = static_cast<int>(shownText.indexOf(u"experts"_s));
        QVERIFY(length > 0 && start <= click && click < start + length);
    }

    void loadedMessageGetsItsTokensLater()
    {
        ConversationModel model;
        model.setMessages({answer(2, u"<think>\nx</think>\none two"_s)});
        const int row = 1;
        QCOMPARE(at(model, row, Qt::DisplayRole).toString(), u"one two"_s);
        QCOMPARE(model.tokenAt(row, 0), -1);
        model.setTokenSpans(2, {"x", "</think>", "\n", "one", " two"},
                            {7, 8, 9, 10, 11}); // the prompt opened the thinking
        QCOMPARE(model.tokenAt(row, 0), 10);
        QCOMPARE(model.tokenAt(row, 5), 11);
        model.setTokenSpans(2, {"other"}, {1});
        QCOMPARE(model.tokenAt(row, 0), -1);
    }

    void thinkingFolds()
    {
        ConversationModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        model.setMessages({answer(2, {}, MessageState::Streaming)});
        const QList<RunToken> tokens = tokensOf(u"<think>\nSome thought.\n\nMore.\n</think>\n\nThe answer."_s, 4);
        for (const RunToken& token : tokens.first(7))
            model.appendTokens(2, {&token, 1});
        QCOMPARE(at(model, 0, ConversationModel::KindRole).toInt(), int(ConversationModel::Think));
        QVERIFY(at(model, 0, ConversationModel::OpenRole).toBool());
        QVERIFY(at(model, 1, ConversationModel::ThoughtRole).toBool());
        for (const RunToken& token : tokens.sliced(7))
            model.appendTokens(2, {&token, 1});
        QVERIFY(!at(model, 0, ConversationModel::OpenRole).toBool());
        QCOMPARE(model.rowCount(), 3);
        QVERIFY(at(model, 0, ConversationModel::TitleRole).toString().contains(u"10 tokens"_s));
        model.toggleThinking(0);
        QCOMPARE(model.rowCount(), 5);
        model.toggleThinking(0);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.sourceOf(2), u"The answer."_s);
    }

    void thinkingOfAReaderInTheMiddleStays()
    {
        ConversationModel model;
        model.setMessages({answer(2, {}, MessageState::Streaming)});
        model.setAtEnd(false);
        model.appendTokens(2, tokensOf(u"<think>\nSome thought."_s, 4));
        model.appendTokens(2, tokensOf(u"\n</think>\n\nThe answer."_s, 4));
        QVERIFY(at(model, 0, ConversationModel::OpenRole).toBool());
    }

    void thinkingThatThePromptOpened()
    {
        ConversationModel model;
        model.setMessages({answer(2, {}, MessageState::Streaming)});
        model.setOpensThinking(2, true);
        model.appendTokens(2, tokensOf(u"Thought.\n</think>\n\nAnswer"_s, 4));
        QCOMPARE(at(model, 0, ConversationModel::KindRole).toInt(), int(ConversationModel::Think));
        const int row = 1;
        const int token = model.tokenAt(row, 0);
        model.finish(answer(2, u"<think>\nThought.\n</think>\n\nAnswer"_s)); // stored with the tag
        QCOMPARE(at(model, row, Qt::DisplayRole).toString(), u"Answer"_s);
        QCOMPARE(model.tokenAt(row, 0), token);
        model.setMessages({answer(3, u"Thought.\n</think>\n\nAnswer"_s)}); // stored without
        QCOMPARE(at(model, 0, ConversationModel::KindRole).toInt(), int(ConversationModel::Think));
        model.setMessages({answer(4, u"Write </think> in code."_s)});
        QCOMPARE(at(model, 0, ConversationModel::KindRole).toInt(), int(ConversationModel::Paragraph));
    }

    /// By keys, one goes over the tokens that can be seen: neither the marks nor what is folded away.
    void tokensAreWalked()
    {
        ConversationModel model;
        model.setMessages({user(1, u"Q"_s), answer(2, {}, MessageState::Streaming)});
        model.appendTokens(2, tokensOf(u"<think>\nYes\n</think>\n\nOne **two**\n\n- three"_s, 4));
        model.finish(answer(2, u"<think>\nYes\n</think>\n\nOne **two**\n\n- three"_s));
        QSignalSpy activated(&model, &ConversationModel::tokenActivated);
        model.stepToken(-1);
        const int last = model.selectedPosition();
        QCOMPARE(model.selectedRow(), model.lastRowOf(2) - 1);
        QStringList rows;
        for (int before = -1; before != model.selectedPosition();) {
            before = model.selectedPosition();
            rows << at(model, model.selectedRow(), Qt::DisplayRole).toString();
            model.stepToken(-1);
        }
        rows.removeDuplicates();
        QCOMPARE(rows, QStringList({u"three"_s, u"One two"_s}));
        while (model.selectedPosition() != last) {
            const int before = model.selectedPosition();
            model.stepToken(1);
            QVERIFY(model.selectedPosition() > before);
        }
        QCOMPARE(activated.last()[1].toInt(), last);
    }

    void sharedMessagesKeepTheirRows()
    {
        ConversationModel model;
        model.setMessages({user(1, u"Q"_s), answer(2, u"A"_s), user(3, u"R"_s)});
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        model.setMessages({user(1, u"Q"_s), answer(2, u"A"_s), user(4, u"other"_s), answer(5, u"B"_s)});
        QCOMPARE(reset.size(), 0);
        QCOMPARE(removed.size(), 1);
        QCOMPARE(removed[0][1].toInt(), 3);
        QCOMPARE(model.rowCount(), 1 + 2 + 1 + 2);
        QCOMPARE(model.lastMessageId(), 5);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void codeIsColouredAndCopied()
    {
        ConversationModel model;
        QString code;
        for (int i = 0; i < 100; ++i)
            code += u"x = %1  # note\n"_s.arg(i);
        model.setMessages({answer(2, u"```python\n"_s + code + u"```\n"_s)});
        const auto runs = [&](int row) {
            return at(model, row, ConversationModel::ContentRole).value<RowTextRef>()->runs;
        };
        runs(6);
        QVERIFY(QTest::qWaitFor([&] { return !runs(6).isEmpty(); }));
        QVERIFY(!runs(0).isEmpty());
        QCOMPARE(at(model, 3, ConversationModel::LanguageRole).toString(), u"python"_s);
        QCOMPARE(model.blockSource(3), code);
    }

    /// Rows of a table learn of wider columns, also the one that made them wider.
    void columnsGrowTogether()
    {
        ConversationModel model;
        model.setMessages({answer(2, {}, MessageState::Streaming)});
        QHash<int, QList<qreal>> told; // row -> columns as a view has them
        const auto read = [&](int first, int last) {
            for (int row = first; row <= last; ++row)
                told[row] = at(model, row, ConversationModel::ColumnsRole).value<QList<qreal>>();
        };
        connect(&model, &QAbstractItemModel::rowsInserted, this, [&](const QModelIndex&, int a, int b) { read(a, b); });
        connect(&model, &QAbstractItemModel::dataChanged, this,
                [&](const QModelIndex& a, const QModelIndex& b, const QList<int>& roles) {
                    if (roles.isEmpty() || roles.contains(ConversationModel::ColumnsRole))
                        read(a.row(), b.row());
                });
        for (const RunToken& token :
             tokensOf(u"| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | a cell that grows and grows |\n| 5 | 6 |\n"_s, 3))
            model.appendTokens(2, {&token, 1});
        const QList<qreal> columns = at(model, 0, ConversationModel::ColumnsRole).value<QList<qreal>>();
        QVERIFY(columns[1] > columns[0]);
        for (int row = 0; row < model.rowCount() - 1; ++row)
            QCOMPARE(told[row], columns);
    }

    void footSaysWhatHappened()
    {
        Message m = answer(2, u"x"_s, MessageState::Stopped);
        m.stats.ttftMs = 84;
        m.stats.decodeTps = 41.34;
        m.stats.nGenerated = 212;
        ConversationModel model;
        model.setMessages({m});
        QString title = at(model, 1, ConversationModel::TitleRole).toString();
        QCOMPARE(title.replace(u'\u202f', u' '), u"first token 84 ms · 41.3 tok/s · 212 tokens · stopped"_s);
        m.state = MessageState::Failed;
        m.error = u"No."_s;
        model.updateMessage(m);
        QCOMPARE(at(model, 1, ConversationModel::ErrorRole).toString(), u"No."_s);
        model.setMessages({answer(3, {}, MessageState::Streaming)});
        QCOMPARE(at(model, 0, ConversationModel::TitleRole).toString(), u"reading the chat"_s);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.appendTokens(3, tokensOf(u"One"_s, 3)); // the first token is told at once
        QVERIFY(std::ranges::any_of(changed, [](const QList<QVariant>& change) {
            return change[2].value<QList<int>>().contains(ConversationModel::TitleRole);
        }));
        QVERIFY(at(model, 1, ConversationModel::TitleRole).toString().endsWith(u"generating"_s));
    }

    void aLongMessageIsPartedBetweenWords()
    {
        QString text;
        for (int i = 0; i < 3000; ++i)
            text += u"word%1 "_s.arg(i);
        ConversationModel model;
        model.setMessages({user(1, text)});
        QVERIFY(model.rowCount() > 3);
        for (int row = 0; row + 1 < model.rowCount(); ++row)
            QVERIFY(at(model, row, ConversationModel::ContentRole).value<RowTextRef>()->text.endsWith(u' '));
    }

    void waitsForTheReader()
    {
        ConversationModel model;
        model.setMessages({user(1, u"Q"_s), answer(2, {}, MessageState::Streaming)});
        const auto foot = [&] { return at(model, model.rowCount() - 1, ConversationModel::TitleRole).toString(); };
        QCOMPARE(foot(), u"reading the chat"_s);
        QSignalSpy changed(&model, &ConversationModel::dataChanged);
        model.setWaiting(2);
        QCOMPARE(foot(), u"waiting for you"_s);
        model.setWaiting(0);
        QCOMPARE(foot(), u"reading the chat"_s);
        QVERIFY(changed.count() >= 2);
    }

    void branches()
    {
        Message a = answer(2, u"A"_s), q = user(1, u"Q"_s);
        q.siblingCount = 2;
        ConversationModel model;
        model.setMessages({q, a});
        QCOMPARE(model.branchedMessage(2), 1);
        a.siblingCount = 3;
        a.siblingIndex = 1;
        model.updateMessage(a);
        QCOMPARE(model.branchedMessage(0), 2);
        QCOMPARE(at(model, 2, ConversationModel::BranchRole).toInt(), 1);
    }
};

QTEST_MAIN(TestConversationModel)
#include "tst_conversation_model.moc"
