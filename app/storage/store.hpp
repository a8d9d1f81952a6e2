#pragma once

#include <QDir>
#include <QObject>
#include <QPointer>
#include <QString>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/chat_summary.hpp"
#include "storage/message.hpp"
#include "storage/trace_files.hpp"

class Database;
struct Profile;
struct StorageError;

/// The chats of one profile. Lives on the GUI thread and never blocks it: one storage thread alone owns the database,
/// works the calls off in order and hands results back through `done`, which runs on the GUI thread unless `context` is
/// gone by then. A write that fails because the disk is full or cannot be written stays in memory, with all later ones
/// behind it, and is tried again until it succeeds; its `done` comes then.
class Store : public QObject
{
    Q_OBJECT
public:
    explicit Store(const QString& profileDir, QObject* parent = nullptr);
    ~Store() override;

    /// Starts the storage thread, which opens the profile first; `opened` follows.
    void open();
    /// Writes what is left, closes the database and joins the thread. Blocks; nothing is delivered afterwards.
    void close();

    bool isOpen() const { return m_isOpen; }
    /// False while working on a copy that ends with the program.
    bool isKept() const { return m_isKept; }
    /// Where runs are recorded. Empty before `opened`.
    QString tracesPath() const { return m_tracesPath; }

    /// Fresh ids, in rising order. After `opened`.
    qint64 newChatId() { return ++m_lastChatId; }
    qint64 newMessageId() { return ++m_lastMessageId; }

    using Done = std::function<void()>;

    void listChats(QObject* context, std::function<void(const QList<ChatSummary>&)> done);
    void search(const QString& query, QObject* context, std::function<void(const QList<ChatSummary>&)> done);
    /// A chat that is not there has id 0.
    void loadChat(qint64 chatId, QObject* context, std::function<void(const ChatRecord&)> done);

    /// Makes the chat when it is new (`title` names it; empty leaves its name) and adds a finished message, both or
    /// neither. `done` comes when the disk has it.
    void commitMessage(qint64 chatId, const QString& title, const Message& message, QObject* context, Done done);
    /// Adds an answer that is about to run.
    void beginAnswer(qint64 chatId, const Message& answer);
    /// What a running answer grew by; `seq` rises by one each time.
    void checkpoint(qint64 messageId, int seq, const QString& text);
    /// Writes the whole answer, drops its checkpoints and puts it into the search index.
    void finishAnswer(const Message& answer);

    void setCurrentLeaf(qint64 chatId, qint64 messageId);
    void renameChat(qint64 chatId, const QString& title);
    /// Hides a chat; it is removed for good, with its recorded runs, when the profile is closed or next opened.
    void deleteChat(qint64 chatId);
    void restoreChat(qint64 chatId);

    /// Calls `done` when everything asked for so far has been done.
    void afterwards(QObject* context, Done done);

signals:
    void opened();
    /// One sentence for the user: what, where, what to try.
    void failed(const QString& sentence);
    /// What could not be written has been written.
    void recovered();

protected:
    bool event(QEvent* event) override;

private:
    using Deliver = std::function<void()>;
    /// Runs on the storage thread; returns what is to run on the GUI thread, which may be nothing.
    using Work = std::function<Deliver(Database&)>;
    struct Job {
        Work work;
        bool writes = false;
    };

    void read(Work work);
    void write(Work work);
    void enqueue(Job job);
    template <class T>
    void query(std::function<T(Database&)> ask, QObject* context, std::function<void(const T&)> done);
    /// A write of one transaction. Durable: waits for the disk.
    void change(bool durable, std::function<void(Database&)> work, QObject* context = nullptr, Done done = {});

    // Storage thread
    void work(std::stop_token stop);
    void openOnThread();
    void closeOnThread();
    bool runJob(const Job& job);
    void retryStuck();
    void report(const StorageError& error);
    void post(Deliver deliver);

    // GUI thread
    void deliver();

    const QString m_profileDir;
    bool m_isOpen = false, m_isKept = true;
    QString m_tracesPath;
    qint64 m_lastChatId = 0, m_lastMessageId = 0;

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<Job> m_jobs;            // guarded by m_mutex
    std::vector<Deliver> m_deliveries; // guarded by m_mutex
    bool m_deliveryPending = false;    // guarded by m_mutex

    // Storage thread only
    std::unique_ptr<Profile> m_profile;
    std::deque<Job> m_stuck; ///< writes that could not be done yet, in order
    bool m_damaged = false;  ///< the next opening must check the file

    std::jthread m_thread; ///< last, so that it ends before what it uses
};
