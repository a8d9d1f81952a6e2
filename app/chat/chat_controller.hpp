#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

#include <functional>
#include <optional>
#include <vector>

#include "bridge/run_events.hpp"
#include "chat/message_tree.hpp"
#include "chat/run_batch.hpp"
#include "chat/running_answer.hpp"

class ChatListModel;
class RunStream;
class Store;

/// What the user's settings mean for the next answer.
struct AnswerSettings {
    SamplerSettings sampler;
    QString systemPrompt; ///< empty: none
};

/// The chat that is shown and the answer that is made. A message is on disk before its answer starts, and an answer is
/// checkpointed while it runs; it goes on when another chat is opened. GUI thread.
class ChatController : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(bool busy READ isBusy NOTIFY busyChanged)
    Q_PROPERTY(bool canSend READ canSend NOTIFY busyChanged)
    Q_PROPERTY(bool stopping READ isStopping NOTIFY busyChanged)
    Q_PROPERTY(double prefillProgress READ prefillProgress NOTIFY figuresChanged)
    Q_PROPERTY(int contextUsed READ contextUsed NOTIFY figuresChanged)
    Q_PROPERTY(int contextSize READ contextSize NOTIFY figuresChanged)
    Q_PROPERTY(double tokensPerSecond READ tokensPerSecond NOTIFY figuresChanged)
    Q_PROPERTY(qint64 currentChatId READ currentChatId NOTIFY currentChanged)
    Q_PROPERTY(QString currentTitle READ currentTitle NOTIFY currentChanged)
    Q_PROPERTY(bool isEmpty READ isEmpty NOTIFY emptyChanged)
    Q_PROPERTY(bool undoAvailable READ undoAvailable NOTIFY undoChanged)
    Q_PROPERTY(QString undoText READ undoText NOTIFY undoChanged)
    Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)
    Q_PROPERTY(QString question READ question NOTIFY questionChanged)
public:
    /// All must outlive it.
    ChatController(Store& store, RunStream& stream, ChatListModel& chats, QObject* parent = nullptr);

    /// Asked at each answer.
    void setSettings(std::function<AnswerSettings()> settings) { m_settings = std::move(settings); }
    /// What answers, once it can: its name and how many tokens it holds. Not ready: nothing can be sent.
    void setModel(const QString& name, int contextSize, bool ready);
    /// Shows messages that were recorded and starts the answer to the last of them.
    void replay(const QList<Message>& recorded, const QString& trace);
    /// Shows one sentence to the user.
    void notify(const QString& sentence) { setNotice(sentence); }
    /// Keeps what a running answer has so far; for the end of the program.
    void finishNow();

    bool isBusy() const { return m_answer || m_pending; }
    bool canSend() const;
    bool isStopping() const { return m_stopping; }
    double prefillProgress() const { return m_prefillProgress; } ///< 0 to 1; -1: not known
    int contextUsed() const { return m_contextUsed; }            ///< tokens of the shown branch, as last measured
    int contextSize() const { return m_contextSize; }            ///< tokens; 0: no model
    double tokensPerSecond() const;                   ///< over the last second of a running answer; NaN: none
    qint64 currentChatId() const { return m_chatId; } ///< 0: a new chat
    QString currentTitle() const { return m_title; }
    bool isEmpty() const { return m_tree.isEmpty(); }
    bool undoAvailable() const { return m_deletedChat != 0; }
    QString undoText() const { return m_undoText; }
    QString notice() const { return m_notice; }
    /// Asked of the reader while an answer waits: whether the chat's oldest messages may be left out. Empty: nothing
    /// is.
    QString question() const;
    qint64 waitingAnswer() const { return m_outgrown ? m_answer->messageId() : 0; } ///< that it is about; 0: none
    /// The whole text so far of a message that is shown; for --screenshot.
    Message message(qint64 messageId) const;

    Q_INVOKABLE void send(const QString& text);
    Q_INVOKABLE void stop(); ///< also where an answer waits for the reader: then it is not made
    /// Yes to the question: this answer is made without the oldest messages, now.
    Q_INVOKABLE void leaveOutOldest();
    /// A new version of an answer; of a user's message: an answer to it.
    Q_INVOKABLE void regenerate(qint64 messageId);
    Q_INVOKABLE void regenerateLast();
    /// A new version of a user's message, and an answer to it.
    Q_INVOKABLE void edit(qint64 messageId, const QString& text);
    Q_INVOKABLE qint64 lastUserMessageId() const; ///< 0: none
    Q_INVOKABLE QString lastUserText() const;
    /// Shows the version of a message `delta` further on, with the newest branch below it.
    Q_INVOKABLE void showBranch(qint64 messageId, int delta);
    Q_INVOKABLE void newChat();
    Q_INVOKABLE void openChat(qint64 chatId);
    Q_INVOKABLE void renameChat(qint64 chatId, const QString& title);
    Q_INVOKABLE void deleteChat(qint64 chatId);
    Q_INVOKABLE void undoDelete();
    Q_INVOKABLE void forgetUndo();
    Q_INVOKABLE void dismissNotice();

signals:
    void busyChanged();
    void figuresChanged();
    void currentChanged();
    void emptyChanged();
    void undoChanged();
    void noticeChanged();
    void questionChanged();

    // For the views of the conversation and of the routing
    void pathShown(const QList<Message>& path); ///< another chat or branch
    void messageAppended(const Message& message);
    void thinkingOpened(qint64 messageId);
    void tokensArrived(qint64 messageId, const QList<RunToken>& tokens);
    void messageFinished(const Message& message);
    void answerStarted(qint64 messageId); ///< its run begins
    void answerFinished(qint64 messageId);

private:
    /// An answer that waits until the disk has the message it answers.
    struct Pending {
        qint64 chatId = 0, parentId = 0;
        std::vector<conclave::ChatMessage> messages{};
        QString recordedTrace{}; ///< of a replay; else the run gets a new one
    };

    void commitAndAnswer(qint64 parentId, const QString& text);
    void startAnswer(const Pending& pending);
    std::vector<conclave::ChatMessage> conversationTo(qint64 messageId) const;
    void onBatch(const RunBatch& batch);
    void showProgress(int nDone, int nTotal); ///< of reading the prompt
    void startAgain();                        ///< an answer that waited, with the model of now
    void setOutgrown(const std::optional<RunOutgrown>& outgrown);
    void endAnswer(const Message& message);
    void checkpoint();
    bool isShown(qint64 messageId) const { return m_tree.leaf() == messageId; }
    void showChat(qint64 chatId, const QString& title);
    void showPath();
    void updateContextUsed();
    void addToTree(const Message& message);
    void setNotice(const QString& notice, bool ofStorage = false);

    Store& m_store;
    RunStream& m_stream;
    ChatListModel& m_chats;
    std::function<AnswerSettings()> m_settings;
    QString m_modelName;
    bool m_modelReady = false;

    qint64 m_chatId = 0;
    QString m_title;
    MessageTree m_tree;
    quint64 m_openRequest = 0;

    std::optional<Pending> m_pending;
    std::optional<RunningAnswer> m_answer;
    RunRequest m_request;                  ///< of the answer
    std::optional<RunOutgrown> m_outgrown; ///< the answer waits for the reader's word on it
    bool m_stopping = false;
    QTimer m_checkpointTimer;

    double m_prefillProgress = -1;
    int m_contextUsed = 0, m_contextSize = 0;
    QElapsedTimer m_sinceFigures;

    qint64 m_deletedChat = 0;
    QString m_undoText, m_notice;
    bool m_noticeOfStorage = false;
};
