#include "storage/store.hpp"

#include <QCoreApplication>
#include <QDateTime>
#include <QEvent>
#include <QLoggingCategory>

#include <chrono>
#include <utility>

#include "storage/chat_records.hpp"
#include "storage/chat_search.hpp"
#include "storage/database.hpp"
#include "storage/profile.hpp"

Q_LOGGING_CATEGORY(logStorage, "conclave.storage")

namespace
{

// How often writes that failed are tried again.
constexpr auto retryInterval = std::chrono::milliseconds(1000);

bool worthRetrying(StorageFault fault)
{
    return fault == StorageFault::Full || fault == StorageFault::Unwritable || fault == StorageFault::Busy;
}

} // namespace

Store::Store(const QString& profileDir, QObject* parent) : QObject(parent), m_profileDir(profileDir) {}

Store::~Store()
{
    close();
}

void Store::open()
{
    m_thread = std::jthread([this](std::stop_token stop) { work(std::move(stop)); });
}

void Store::close()
{
    if (!m_thread.joinable())
        return;
    m_thread.request_stop();
    m_thread.join();
    m_isOpen = false;
}

// Calls

template <class T>
void Store::query(std::function<T(Database&)> ask, QObject* context, std::function<void(const T&)> done)
{
    read([ask = std::move(ask), context = QPointer(context), done = std::move(done)](Database& database) -> Deliver {
        return [context, done, result = ask(database)] {
            if (context)
                done(result);
        };
    });
}

void Store::change(bool durable, std::function<void(Database&)> work, QObject* context, Done done)
{
    write([durable, work = std::move(work), context = QPointer(context),
           done = std::move(done)](Database& database) -> Deliver {
        database.setDurable(durable);
        database.transaction([&] { work(database); });
        if (!done)
            return {};
        return [context, done] {
            if (context)
                done();
        };
    });
}

void Store::listChats(QObject* context, std::function<void(const QList<ChatSummary>&)> done)
{
    query<QList<ChatSummary>>(&chat_records::list, context, std::move(done));
}

void Store::search(const QString& text, QObject* context, std::function<void(const QList<ChatSummary>&)> done)
{
    query<QList<ChatSummary>>([text](Database& d) { return searchChats(d, text); }, context, std::move(done));
}

void Store::loadChat(qint64 chatId, QObject* context, std::function<void(const ChatRecord&)> done)
{
    query<ChatRecord>([this, chatId](Database& d) { return chat_records::load(d, chatId, m_profile->traces); }, context,
                      std::move(done));
}

void Store::commitMessage(qint64 chatId, const QString& title, const Message& message, QObject* context, Done done)
{
    change(
        true,
        [chatId, title, message](Database& d) {
            chat_records::touchChat(d, chatId, title, message.createdMs);
            chat_records::insertMessage(d, chatId, message);
        },
        context, std::move(done));
}

void Store::beginAnswer(qint64 chatId, const Message& answer)
{
    change(false, [chatId, answer](Database& d) { chat_records::insertMessage(d, chatId, answer); });
}

void Store::checkpoint(qint64 messageId, int seq, const QString& text)
{
    change(false, [messageId, seq, text](Database& d) { chat_records::appendChunk(d, messageId, seq, text); });
}

void Store::finishAnswer(const Message& answer)
{
    change(true, [this, answer](Database& d) {
        chat_records::finishMessage(d, answer);
        chat_records::forgetTraces(d, trace_files::enforceLimit(m_profile->traces));
    });
}

void Store::setCurrentLeaf(qint64 chatId, qint64 messageId)
{
    change(false, [chatId, messageId](Database& d) { chat_records::setCurrentLeaf(d, chatId, messageId); });
}

void Store::renameChat(qint64 chatId, const QString& title)
{
    change(true, [chatId, title](Database& d) { chat_records::rename(d, chatId, title); });
}

void Store::deleteChat(qint64 chatId)
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    change(true, [chatId, now](Database& d) { chat_records::setDeleted(d, chatId, now); });
}

void Store::restoreChat(qint64 chatId)
{
    change(true, [chatId](Database& d) { chat_records::setDeleted(d, chatId, 0); });
}

void Store::afterwards(QObject* context, Done done)
{
    write([context = QPointer(context), done = std::move(done)](Database&) -> Deliver {
        return [context, done] {
            if (context)
                done();
        };
    });
}

void Store::read(Work work)
{
    enqueue({std::move(work), false});
}

void Store::write(Work work)
{
    enqueue({std::move(work), true});
}

void Store::enqueue(Job job)
{
    {
        const std::scoped_lock lock(m_mutex);
        m_jobs.push_back(std::move(job));
    }
    m_wake.notify_one();
}

// Storage thread

void Store::work(std::stop_token stop)
{
    openOnThread();
    for (;;) {
        std::deque<Job> jobs;
        {
            std::unique_lock lock(m_mutex);
            const auto somethingToDo = [this] { return !m_jobs.empty(); };
            if (m_stuck.empty())
                m_wake.wait(lock, stop, somethingToDo);
            else
                m_wake.wait_for(lock, stop, retryInterval, somethingToDo);
            jobs.swap(m_jobs);
        }
        retryStuck();
        for (Job& job : jobs) {
            // Behind a write that waits, writes wait too: order is what makes the tree whole.
            if ((job.writes && !m_stuck.empty()) || !runJob(job))
                m_stuck.push_back(std::move(job));
        }
        if (stop.stop_requested() && jobs.empty())
            break;
    }
    closeOnThread();
}

void Store::openOnThread()
{
    QString notice;
    try {
        m_profile = std::make_unique<Profile>(openProfile(m_profileDir));
        Database& database = *m_profile->database;
        notice = m_profile->notice;
        QStringList orphans;
        database.transaction([&] {
            const int interrupted = chat_records::recoverInterrupted(database);
            if (interrupted > 0)
                qCInfo(logStorage) << "answers cut short by the last end of the program:" << interrupted;
            orphans = chat_records::purgeDeleted(database);
        });
        trace_files::remove(m_profile->traces, orphans);
        post([this, kept = m_profile->isKept(), traces = m_profile->traces.absolutePath(),
              lastChat = chat_records::lastChatId(database), lastMessage = chat_records::lastMessageId(database)] {
            m_lastChatId = lastChat;
            m_lastMessageId = lastMessage;
            m_tracesPath = traces;
            m_isKept = kept;
            m_isOpen = true;
            emit opened();
        });
    } catch (const StorageError& error) {
        m_profile.reset();
        qCWarning(logStorage).noquote() << error.detail;
        notice = tr("The chats in %1 cannot be opened: %2. Start with --profile and another folder.")
                     .arg(QDir::toNativeSeparators(m_profileDir), error.detail);
    }
    if (!notice.isEmpty())
        post([this, notice] { emit failed(notice); });
}

void Store::closeOnThread()
{
    if (!m_profile)
        return;
    try {
        Database& database = *m_profile->database;
        QStringList orphans;
        database.transaction([&] { orphans = chat_records::purgeDeleted(database); });
        trace_files::remove(m_profile->traces, orphans);
        if (!m_damaged)
            markClosedCleanly(database);
    } catch (const StorageError& error) {
        qCWarning(logStorage).noquote() << "at closing:" << error.detail; // the next opening finds the mark missing
    }
    if (!m_stuck.empty())
        qCWarning(logStorage) << "writes lost at closing:" << m_stuck.size();
    m_profile.reset();
}

// False when the job has to be tried again later.
bool Store::runJob(const Job& job)
{
    if (!m_profile)
        return true;
    try {
        if (Deliver result = job.work(*m_profile->database))
            post(std::move(result));
    } catch (const StorageError& error) {
        const bool again = job.writes && worthRetrying(error.fault);
        if (!again || m_stuck.empty()) // said once, not once a second
            report(error);
        m_damaged = m_damaged || error.fault == StorageFault::Damaged;
        return !again;
    }
    return true;
}

void Store::retryStuck()
{
    if (m_stuck.empty())
        return;
    while (!m_stuck.empty() && runJob(m_stuck.front()))
        m_stuck.pop_front();
    if (m_stuck.empty())
        post([this] { emit recovered(); });
}

void Store::report(const StorageError& error)
{
    qCWarning(logStorage).noquote() << error.detail;
    const QString where = QDir::toNativeSeparators(m_profileDir);
    QString sentence;
    switch (error.fault) {
    case StorageFault::Full:
        sentence = tr("The disk that holds %1 is full: free some space and Conclave saves by itself; until then "
                      "nothing new is "
                      "kept beyond this window.")
                       .arg(where);
        break;
    case StorageFault::Unwritable:
        sentence =
            tr("The chats in %1 cannot be written: check the disk and its permissions, and Conclave saves by itself; "
               "until then nothing new is kept beyond this window.")
                .arg(where);
        break;
    case StorageFault::Busy:
        sentence = tr("Another program holds the chats in %1: close it, and Conclave saves by itself.").arg(where);
        break;
    case StorageFault::Damaged:
        sentence =
            tr("The chats in %1 are damaged: restart Conclave, which keeps the damaged file aside and starts anew.")
                .arg(where);
        break;
    case StorageFault::Other:
        sentence =
            tr("A change could not be saved in %1: %2. Restart Conclave and try again.").arg(where, error.detail);
        break;
    }
    post([this, sentence] { emit failed(sentence); });
}

void Store::post(Deliver deliver)
{
    bool wake = false;
    {
        const std::scoped_lock lock(m_mutex);
        m_deliveries.push_back(std::move(deliver));
        wake = !std::exchange(m_deliveryPending, true);
    }
    if (wake)
        QCoreApplication::postEvent(this, new QEvent(QEvent::User)); // carries nothing, so that nothing is shared
}

// GUI thread

bool Store::event(QEvent* event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    deliver();
    return true;
}

void Store::deliver()
{
    std::vector<Deliver> deliveries;
    {
        const std::scoped_lock lock(m_mutex);
        deliveries.swap(m_deliveries);
        m_deliveryPending = false;
    }
    for (const Deliver& deliverOne : deliveries)
        deliverOne();
}
