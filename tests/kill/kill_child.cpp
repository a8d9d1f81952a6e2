#include "kill_child.hpp"

#include <QCoreApplication>
#include <QRandomGenerator>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "bridge/chat_backend.hpp"
#include "bridge/event_queue.hpp"
#include "chat/chat_controller.hpp"
#include "chat/chat_list_model.hpp"
#include "chat/run_stream.hpp"
#include "storage/store.hpp"

using namespace Qt::StringLiterals;

namespace
{

// One write a line: whole lines reach the pipe or nothing does.
void tell(const QString& line)
{
    const QByteArray bytes = line.toUtf8() + '\n';
    if (std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stdout) != size_t(bytes.size()) ||
        std::fflush(stdout) != 0)
        std::_Exit(0); // the parent is gone
}

class SyntheticBackend : public ChatBackend
{
public:
    explicit SyntheticBackend(quint32 seed) : m_random(seed)
    {
        connect(&m_queue, &EventQueue::ready, this, &ChatBackend::eventsReady);
    }

    void start(const RunRequest& request) override
    {
        tell(u"U "_s + QString::fromStdString(request.messages.back().content));
        m_stop = false;
        // Some answers end before the kill, most do not.
        const int nTokens = m_random.bounded(4) == 0 ? m_random.bounded(600) : 1'000'000;
        m_thread = std::jthread([this, id = request.runId, nTokens] { produce(id, nTokens); });
    }
    void stop() override { m_stop = true; }
    QList<RunEvent> drain() override { return m_queue.drain(); }

private:
    void produce(quint64 runId, int nTokens)
    {
        m_queue.push({runId, RunPrompt{.ids = {1, 2, 3}}});
        for (int i = 0; i < nTokens && !m_stop; ++i) {
            const QString text = u"w%1é"_s.arg(i);
            const qint64 ns = std::chrono::steady_clock::now().time_since_epoch().count();
            tell(u"T %1 %2"_s.arg(ns).arg(text));
            m_queue.push({runId, RunToken{.index = i, .position = 3 + i, .text = text, .tNs = ns}});
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
        m_queue.push({runId, RunFinished{.stop = m_stop ? u"stopped"_s : u"end_of_text"_s, .nGenerated = nTokens}});
    }

    EventQueue m_queue;
    QRandomGenerator m_random;
    std::atomic<bool> m_stop = false;
    std::jthread m_thread;
};

} // namespace

int runKillChild(int argc, char** argv, const QString& dir, quint32 seed)
{
    QCoreApplication app(argc, argv);
    Store store(dir);
    RunStream stream;
    SyntheticBackend backend(seed);
    stream.setBackend(&backend);
    ChatListModel chats(store);
    ChatController chat(store, stream, chats);
    chat.setModel(u"synthetic"_s, 1'000'000, true);

    int asked = 0;
    const auto ask = [&] { chat.send(u"%1 question %2"_s.arg(seed).arg(asked++)); };
    QObject::connect(&store, &Store::opened, &app, [&] {
        tell(u"ready"_s);
        ask();
    });
    QObject::connect(&chat, &ChatController::answerFinished, &app, [&] {
        store.afterwards(&app, [&] {
            tell(u"F"_s);
            ask();
        });
    });
    QObject::connect(&store, &Store::failed, &app, [](const QString& sentence) { tell(u"E "_s + sentence); });
    store.open();
    return QCoreApplication::exec();
}
