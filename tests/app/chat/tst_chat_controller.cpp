#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

#include "chat/chat_controller.hpp"
#include "chat/chat_list_model.hpp"
#include "chat/run_stream.hpp"
#include "scripted_backend.hpp"
#include "storage/store.hpp"

using namespace Qt::StringLiterals;

class TestChatController : public QObject
{
    Q_OBJECT
private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        openAll();
    }
    void cleanup() { closeAll(); }

    void theMessageIsOnDiskBeforeTheAnswerStarts()
    {
        QVERIFY(m_chat->canSend() && m_chat->isEmpty());
        m_chat->send(u"What is a router?"_s);
        QVERIFY(m_chat->isBusy() && !m_chat->canSend() && !m_chat->isEmpty());
        QCOMPARE(m_backend->requests.size(), 0); // not before the storage thread says so
        QVERIFY(waitForRun(1));
        QCOMPARE(stored().size(), 2);
        QCOMPARE(stored()[0].text, u"What is a router?"_s);
        QCOMPARE(stored()[1].state, MessageState::Streaming);
        const RunRequest& request = m_backend->requests.last();
        QCOMPARE(request.messages.size(), size_t(1));
        QCOMPARE(request.messages[0].content, std::string("What is a router?"));
        QVERIFY(request.tracePath.startsWith(m_dir->path()) && request.tracePath.endsWith(u".ctr"));
        QCOMPARE(m_chat->currentTitle(), u"What is a router?"_s);
        QCOMPARE(m_chats->newest(), m_chat->currentChatId());
    }

    void anAnswerStreamsAndIsKept()
    {
        QSignalSpy finished(m_chat.get(), &ChatController::answerFinished);
        ask(u"hi"_s);
        m_backend->send(RunPrompt{.ids = QList<int>(10, 1)});
        m_backend->send(RunStep{.prefill = true, .nDone = 5, .nTotal = 10});
        QVERIFY(QTest::qWaitFor([this] { return m_chat->prefillProgress() == 0.5; }));
        m_backend->send(RunProgress{.nDone = 8, .nTotal = 10}); // within a step
        QVERIFY(QTest::qWaitFor([this] { return m_chat->prefillProgress() == 0.8; }));
        m_backend->send(RunStep{.prefill = true, .nDone = 10, .nTotal = 10});
        for (int i = 0; i < 30; ++i)
            m_backend->say(u"w%1 "_s.arg(i));
        QVERIFY(QTest::qWaitFor([this] { return m_shownText.endsWith(u"w29 "); }));
        QCOMPARE(m_chat->prefillProgress(), -1.0);
        QCOMPARE(m_chat->contextUsed(), 10 + 30);
        QCOMPARE(m_chat->tokensPerSecond(), 100.0);
        m_backend->finish();
        QVERIFY(finished.wait());
        QVERIFY(std::isnan(m_chat->tokensPerSecond()));
        QVERIFY(m_chat->canSend());
        const Message answer = stored()[1];
        QCOMPARE(answer.text, m_shownText);
        QCOMPARE(answer.state, MessageState::Complete);
        QVERIFY(answer.stats.ttftMs == 12.0 && answer.stats.decodeTps == 100.0 && answer.stats.sumCounts == 42u);
        QCOMPARE(answer.promptTokens, 10);
        ask(u"more"_s);
        QCOMPARE(m_backend->requests.last().messages.size(), size_t(3));
        QCOMPARE(QString::fromStdString(m_backend->requests.last().messages[1].content), answer.text);
    }

    void checkpointsComeEverySecondAtLeast()
    {
        ask(u"hi"_s);
        QElapsedTimer clock;
        clock.start();
        QString disk;
        while (clock.elapsed() < 2500) {
            m_backend->say(u"%1 "_s.arg(clock.elapsed()));
            QTest::qWait(20);
        }
        reopen(); // as after a crash: nothing was folded
        const Message answer = stored()[1];
        QCOMPARE(answer.state, MessageState::Interrupted);
        const qint64 lastOnDisk = answer.text.trimmed().section(u' ', -1).toLongLong();
        QVERIFY2(lastOnDisk > 1500, qPrintable(answer.text.right(40)));
    }

    void closingKeepsEverything()
    {
        ask(u"hi"_s);
        m_backend->say(u"all of it"_s);
        m_chat->finishNow();
        QVERIFY(!m_chat->isBusy());
        reopen();
        QCOMPARE(stored()[1].text, u"all of it"_s);
        QCOMPARE(stored()[1].state, MessageState::Interrupted);
    }

    void stopKeepsWhatIsThere()
    {
        ask(u"hi"_s);
        m_backend->say(u"half"_s);
        m_chat->stop();
        QVERIFY(m_chat->isStopping());
        m_chat->stop();
        QCOMPARE(m_backend->stops, 1);
        answer(u" a word"_s, u"stopped"_s);
        QVERIFY(!m_chat->isStopping());
        QCOMPARE(stored()[1].text, u"half a word"_s);
        QCOMPARE(stored()[1].state, MessageState::Stopped);
    }

    void stopBeforeTheDiskAnsweredStartsNothing()
    {
        m_chat->send(u"hi"_s);
        m_chat->stop();
        QVERIFY(m_chat->canSend());
        QTest::qWait(100);
        QCOMPARE(m_backend->requests.size(), 0);
        QCOMPARE(stored().size(), 1);
        m_chat->regenerateLast(); // an answer after all
        QVERIFY(waitForRun(1));
    }

    void aFailureBecomesTheAnswersSentence()
    {
        ask(u"hi"_s);
        m_backend->send(RunFailed{.sentence = u"The model file shrank while it was read."_s});
        QVERIFY(QTest::qWaitFor([this] { return m_chat->canSend(); }));
        QCOMPARE(stored()[1].state, MessageState::Failed);
        QCOMPARE(stored()[1].error, u"The model file shrank while it was read."_s);
        ask(u"again"_s); // an answer without a word is not sent along
        QCOMPARE(m_backend->requests.last().messages.size(), size_t(2));
    }

    void aFullContextIsSaidOnce()
    {
        ask(u"hi"_s);
        answer(u"long"_s, u"context_full"_s);
        QVERIFY2(m_chat->notice().contains(u"2,048") && m_chat->notice().contains(u"new chat"),
                 qPrintable(m_chat->notice()));
        m_chat->dismissNotice();
        QCOMPARE(m_chat->notice(), QString());
        QCOMPARE(stored()[1].state, MessageState::Complete);
    }

    void aChatThatOutgrewTheContextIsAskedAbout()
    {
        const RunOutgrown outgrown{.nPrompt = 3000, .nContext = 2048, .nOldest = 2, .sentence = u"No room."_s};
        ask(u"hi"_s);
        m_backend->send(outgrown);
        QVERIFY(QTest::qWaitFor([this] { return !m_chat->question().isEmpty(); }));
        QVERIFY2(m_chat->question().startsWith(u"This chat has 3,000 tokens and the context holds 2,048"),
                 qPrintable(m_chat->question()));
        QVERIFY(m_chat->isBusy() && !m_chat->canSend());
        QCOMPARE(m_chat->waitingAnswer(), m_path.last().id);
        m_chat->newChat();
        QVERIFY2(m_chat->question().startsWith(u"The chat “hi” has"), qPrintable(m_chat->question()));
        m_chat->openChat(m_chats->newest());
        QVERIFY(QTest::qWaitFor([this] { return m_path.size() == 2; }));

        m_chat->leaveOutOldest();
        QCOMPARE(m_chat->question(), QString());
        QCOMPARE(m_backend->requests.size(), 2);
        QCOMPARE(m_backend->requests[0].sampler.contextPolicy, ContextPolicy::Ask);
        QCOMPARE(m_backend->requests[1].sampler.contextPolicy, ContextPolicy::LeaveOut);
        QCOMPARE(m_backend->requests[1].messages.size(), m_backend->requests[0].messages.size());
        QCOMPARE(m_backend->requests[1].tracePath, m_backend->requests[0].tracePath);
        m_backend->send(RunPrompt{.ids = QList<int>(10, 1), .nDropped = 2});
        answer(u"yes"_s);
        QCOMPARE(stored().size(), 2); // one answer, no failed one beside it
        QCOMPARE(stored()[1].text, u"yes"_s);
        QVERIFY(m_chat->notice().contains(u"left out"));

        ask(u"more"_s);
        QCOMPARE(m_backend->requests.last().sampler.contextPolicy, ContextPolicy::Ask); // it was for one answer
        m_backend->send(outgrown);
        QVERIFY(QTest::qWaitFor([this] { return !m_chat->question().isEmpty(); }));
        m_chat->stop();
        QVERIFY(m_chat->canSend() && m_chat->question().isEmpty());
        QCOMPARE(stored()[3].state, MessageState::Failed);
        QCOMPARE(stored()[3].error, outgrown.sentence);
        m_chat->leaveOutOldest(); // too late
        QVERIFY(m_chat->canSend());
        QCOMPARE(m_backend->requests.size(), 3);
    }

    void theWordToStopMayCrossTheQuestion()
    {
        ask(u"hi"_s);
        m_chat->stop();
        m_backend->send(RunOutgrown{.nPrompt = 3000, .nContext = 2048, .nOldest = 2});
        QVERIFY(QTest::qWaitFor([this] { return m_chat->canSend(); }));
        QCOMPARE(m_chat->question(), QString());
        QCOMPARE(stored()[1].state, MessageState::Stopped);
    }

    // A longer context was chosen, or another model opened, while the answer waited.
    void aQuestionIsAskedAnewOfAnotherModel()
    {
        ask(u"hi"_s);
        m_backend->send(RunOutgrown{.nPrompt = 3000, .nContext = 2048, .nOldest = 2});
        QVERIFY(QTest::qWaitFor([this] { return !m_chat->question().isEmpty(); }));
        m_chat->setModel(u"Guide-DS"_s, 2048, true); // the same
        QVERIFY(!m_chat->question().isEmpty());
        m_chat->setModel(u"Longer"_s, 4096, false); // still opening
        QVERIFY(!m_chat->question().isEmpty());
        m_chat->setModel(u"Longer"_s, 4096, true);
        QCOMPARE(m_chat->question(), QString());
        QCOMPARE(m_backend->requests.size(), 2);
        QCOMPARE(m_backend->requests[1].sampler.contextPolicy, ContextPolicy::Ask);
        answer(u"yes"_s);
        QCOMPARE(stored().size(), 2);
        QCOMPARE(stored()[1].modelName, u"Longer"_s);
        m_chat->setModel(u"Guide-DS"_s, 2048, true);
    }

    void closingWhileAskedKeepsTheMessage()
    {
        ask(u"hi"_s);
        m_backend->send(RunOutgrown{.nPrompt = 3000, .nContext = 2048, .nOldest = 2});
        QVERIFY(QTest::qWaitFor([this] { return !m_chat->question().isEmpty(); }));
        reopen();
        QCOMPARE(stored()[0].text, u"hi"_s);
        QCOMPARE(stored()[1].state, MessageState::Interrupted);
    }

    void regenerateAddsAVersion()
    {
        ask(u"hi"_s);
        answer(u"first"_s);
        const qint64 first = m_path.last().id;
        m_chat->regenerate(first);
        QVERIFY(waitForRun(2));
        QCOMPARE(m_backend->requests.last().messages.size(), size_t(1));
        answer(u"second"_s);
        QCOMPARE(texts(), QStringList({u"hi"_s, u"second"_s}));
        QCOMPARE(m_path.last().siblingCount, 2);
        QCOMPARE(m_path.last().siblingIndex, 1);
        m_chat->showBranch(m_path.last().id, -1);
        QCOMPARE(texts(), QStringList({u"hi"_s, u"first"_s}));
        QCOMPARE(m_path.last().siblingCount, 2);
        m_chat->showBranch(m_path.last().id, -1); // there is none before it
        QCOMPARE(texts(), QStringList({u"hi"_s, u"first"_s}));
        const qint64 chat = m_chat->currentChatId();
        reopen();
        m_chat->openChat(chat);
        QVERIFY(QTest::qWaitFor([this] { return m_path.size() == 2; }));
        QCOMPARE(texts(), QStringList({u"hi"_s, u"first"_s})); // the branch that was shown
    }

    void editBranchesOff()
    {
        ask(u"one"_s);
        answer(u"A"_s);
        ask(u"two"_s);
        answer(u"B"_s);
        QCOMPARE(m_chat->lastUserText(), u"two"_s);
        const qint64 two = m_chat->lastUserMessageId();
        m_chat->edit(two, u"zwei"_s);
        QVERIFY(waitForRun(3));
        QCOMPARE(m_backend->requests.last().messages.size(), size_t(3));
        answer(u"C"_s);
        QCOMPARE(texts(), QStringList({u"one"_s, u"A"_s, u"zwei"_s, u"C"_s}));
        m_chat->showBranch(m_chat->lastUserMessageId(), -1);
        QCOMPARE(texts(), QStringList({u"one"_s, u"A"_s, u"two"_s, u"B"_s}));
        m_chat->edit(m_path.first().id, u"eins"_s);
        QVERIFY(waitForRun(4));
        answer(u"D"_s);
        QCOMPARE(texts(), QStringList({u"eins"_s, u"D"_s}));
        QCOMPARE(stored().size(), 8);
        m_chat->edit(m_path.last().id, u"an answer is not edited"_s);
        QVERIFY(m_chat->canSend());
    }

    void anAnswerGoesOnWhileAnotherChatIsShown()
    {
        ask(u"first chat"_s);
        const qint64 first = m_chat->currentChatId();
        m_backend->say(u"one "_s);
        QVERIFY(QTest::qWaitFor([this] { return m_shownText == u"one "; }));
        m_chat->newChat();
        QVERIFY(m_chat->isEmpty() && m_chat->isBusy());
        m_backend->say(u"two "_s);
        QTest::qWait(60);
        QCOMPARE(m_shownText, QString()); // not in this chat
        m_chat->openChat(first);
        QVERIFY(QTest::qWaitFor([this] { return m_path.size() == 2; }));
        QCOMPARE(m_path.last().text, u"one two "_s);
        m_shownText = m_path.last().text;
        answer(u"three"_s);
        QCOMPARE(texts().last(), u"one two three"_s);
        m_chat->newChat();
        QCOMPARE(m_chat->contextUsed(), 0);
    }

    void deletedChatsCanBeUndone()
    {
        ask(u"keep me"_s);
        answer(u"A"_s);
        const qint64 chat = m_chat->currentChatId();
        m_chat->renameChat(chat, u"  My   chat "_s);
        QCOMPARE(m_chat->currentTitle(), u"My chat"_s);
        m_chat->deleteChat(chat);
        QVERIFY(m_chat->undoAvailable() && m_chat->undoText().contains(u"My chat"));
        QVERIFY(m_chat->isEmpty());
        QCOMPARE(m_chats->count(), 0);
        m_chat->undoDelete();
        QVERIFY(QTest::qWaitFor([this] { return m_chats->count() == 1 && m_path.size() == 2; }));
        QVERIFY(!m_chat->undoAvailable());
        m_chat->deleteChat(chat);
        m_chat->forgetUndo();
        QVERIFY(!m_chat->undoAvailable());
        reopen();
        QCOMPARE(m_chats->count(), 0);
    }

    void deletingTheChatThatAnswersStopsIt()
    {
        ask(u"x"_s);
        m_chat->deleteChat(m_chat->currentChatId());
        QCOMPARE(m_backend->stops, 1);
        m_backend->finish(u"stopped"_s);
        QVERIFY(QTest::qWaitFor([this] { return m_chat->canSend(); }));
        QCOMPARE(m_chat->notice(), QString());
    }

    void settingsAndSystemPromptGoAlong()
    {
        m_chat->setSettings([] {
            AnswerSettings settings;
            settings.sampler.temperature = 0.1;
            settings.sampler.seed = 5;
            settings.systemPrompt = u"Be brief."_s;
            return settings;
        });
        ask(u"x"_s);
        const RunRequest& request = m_backend->requests.last();
        QCOMPARE(request.sampler.temperature, 0.1);
        QCOMPARE(request.messages.size(), size_t(2));
        QVERIFY(request.messages[0].role == conclave::Role::system);
        QCOMPARE(stored().size(), 2); // the system prompt is a setting, not a message
    }

    void thinkingOpenedByThePromptIsPartOfTheText()
    {
        QSignalSpy opened(m_chat.get(), &ChatController::thinkingOpened);
        ask(u"x"_s);
        m_backend->send(RunPrompt{.ids = {1}, .opensThinking = true});
        m_backend->say(u"hm</think>"_s);
        answer(u"42"_s);
        QCOMPARE(opened.size(), 1);
        QCOMPARE(stored()[1].text, u"<think>hm</think>42"_s);
        QVERIFY(stored()[1].stats.thinkMs.has_value());
    }

    void aRecordedRunIsShownAsAChat()
    {
        m_chat->replay({{.author = Author::User, .text = u"recorded question"_s}}, u"/tmp/x.ctr"_s);
        QVERIFY(waitForRun(1));
        answer(u"recorded answer"_s);
        QCOMPARE(texts(), QStringList({u"recorded question"_s, u"recorded answer"_s}));
        QCOMPARE(m_chat->currentTitle(), u"recorded question"_s);
        QCOMPARE(m_path.last().tracePath, u"/tmp/x.ctr"_s);
    }

    void nothingIsSentBeforeAModelIsThere()
    {
        m_chat->setModel({}, 0, false);
        QVERIFY(!m_chat->canSend());
        m_chat->send(u"x"_s);
        QVERIFY(m_chat->isEmpty());
        m_chat->setModel(u"M"_s, 64, true);
        m_chat->send(u" \n "_s);
        QVERIFY(m_chat->isEmpty());
    }

private:
    void openAll()
    {
        m_store = std::make_unique<Store>(m_dir->path());
        m_backend = std::make_unique<ScriptedBackend>();
        m_stream = std::make_unique<RunStream>();
        m_stream->setBackend(m_backend.get());
        m_chats = std::make_unique<ChatListModel>(*m_store);
        m_chat = std::make_unique<ChatController>(*m_store, *m_stream, *m_chats);
        m_chat->setModel(u"Guide-DS"_s, 2048, true);
        m_path.clear();
        m_shownText.clear();
        // What a view keeps.
        connect(m_chat.get(), &ChatController::pathShown, this, [this](const QList<Message>& path) {
            m_path = path;
            m_shownText.clear();
        });
        connect(m_chat.get(), &ChatController::messageAppended, this, [this](const Message& message) {
            m_path << message;
            m_shownText.clear();
        });
        connect(m_chat.get(), &ChatController::tokensArrived, this, [this](qint64 id, const QList<RunToken>& tokens) {
            QCOMPARE(id, m_path.last().id);
            for (const RunToken& token : tokens)
                m_shownText += token.text;
        });
        connect(m_chat.get(), &ChatController::messageFinished, this, [this](const Message& message) {
            QCOMPARE(message.id, m_path.last().id);
            m_path.last() = message;
        });
        QSignalSpy opened(m_store.get(), &Store::opened), loaded(m_chats.get(), &ChatListModel::loaded);
        m_store->open();
        QVERIFY(m_store->isOpen() || opened.wait());
        m_chats->reload();
        QVERIFY(loaded.wait());
    }
    void closeAll()
    {
        m_chat.reset();
        m_chats.reset();
        m_stream.reset();
        m_backend.reset();
        m_store.reset();
    }
    void reopen()
    {
        closeAll();
        openAll();
    }
    bool waitForRun(int n)
    {
        return QTest::qWaitFor([&] { return m_backend->requests.size() == n; });
    }
    void ask(const QString& text)
    {
        const auto n = int(m_backend->requests.size());
        m_chat->send(text);
        QVERIFY(waitForRun(n + 1));
    }
    void answer(const QString& text, const QString& stop = u"end_of_text"_s)
    {
        QSignalSpy finished(m_chat.get(), &ChatController::answerFinished);
        m_backend->say(text);
        m_backend->finish(stop);
        QVERIFY(finished.wait());
    }
    QStringList texts() const
    {
        QStringList all;
        for (const Message& message : m_path)
            all << message.text;
        return all;
    }
    /// Every message of the newest chat, from disk.
    QList<Message> stored()
    {
        std::optional<ChatRecord> chat;
        m_store->loadChat(std::max<qint64>(m_chat->currentChatId(), m_chats->newest()), this,
                          [&](const ChatRecord& c) { chat = c; });
        [&] { QVERIFY(QTest::qWaitFor([&] { return chat.has_value(); })); }();
        return chat.value_or(ChatRecord{}).messages;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;
    std::unique_ptr<ScriptedBackend> m_backend;
    std::unique_ptr<RunStream> m_stream;
    std::unique_ptr<ChatListModel> m_chats;
    std::unique_ptr<ChatController> m_chat;
    QList<Message> m_path;
    QString m_shownText;
};

QTEST_GUILESS_MAIN(TestChatController)
#include "tst_chat_controller.moc"
