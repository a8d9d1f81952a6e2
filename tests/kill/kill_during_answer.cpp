// kill_during_answer [KILLS] [--seed N]: starts a chat on a profile, kills it at a random moment, and compares what the
// profile holds with what the chat said it did. All kills hit the same profile, so every one also has to leave what the
// earlier ones left.

#include <QCoreApplication>
#include <QEventLoop>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>

#include "kill_child.hpp"
#include "storage/database.hpp"
#include "storage/store.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr qint64 mayBeMissingNs = 1'000'000'000;

struct Answer {
    QString question;
    QString text;    ///< of every token made
    QString overdue; ///< of those made more than a second before the kill: must be there
    bool finished = false;
};

/// What the child said it did, in order.
struct Account {
    QList<Answer> answers;
    QStringList errors;
    bool ready = false;
};

qint64 nowNs()
{
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

Account readAccount(const QByteArray& said, qint64 killedNs)
{
    Account account;
    const qsizetype whole = said.lastIndexOf('\n') + 1; // the last line may be cut
    for (const QByteArray& line : said.first(whole).split('\n')) {
        const QByteArray rest = line.mid(2);
        if (line == "ready") {
            account.ready = true;
        } else if (line.startsWith("U ")) {
            account.answers << Answer{.question = QString::fromUtf8(rest), .text = {}, .overdue = {}};
        } else if (line.startsWith("T ")) {
            const qsizetype space = rest.indexOf(' ');
            const QString text = QString::fromUtf8(rest.mid(space + 1));
            account.answers.last().text += text;
            if (killedNs - rest.first(space).toLongLong() > mayBeMissingNs)
                account.answers.last().overdue += text;
        } else if (line == "F") {
            account.answers.last().finished = true;
        } else if (line.startsWith("E ")) {
            account.errors << QString::fromUtf8(rest);
        }
    }
    return account;
}

Account runAndKill(const QString& dir, quint32 seed, int afterMs)
{
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(QCoreApplication::applicationFilePath(), {u"--child"_s, dir, QString::number(seed)});
    QByteArray said;
    while (!said.startsWith("ready\n") && child.waitForReadyRead(10'000))
        said += child.readAllStandardOutput();
    QEventLoop loop; // keeps the pipe empty, so that the child never waits for it
    QObject::connect(&child, &QProcess::readyReadStandardOutput, &loop, [&] { said += child.readAllStandardOutput(); });
    QTimer::singleShot(afterMs, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
    const qint64 killedNs = nowNs();
    child.kill();
    child.waitForFinished();
    said += child.readAllStandardOutput();
    return readAccount(said, killedNs);
}

/// Opens the profile as the program does; every message with its chat's, in order.
std::optional<QList<Message>> readProfile(const QString& dir)
{
    Store store(dir);
    QEventLoop loop;
    std::optional<QList<Message>> messages;
    QObject::connect(&store, &Store::opened, &loop, [&] {
        store.listChats(&loop, [&](const QList<ChatSummary>& chats) {
            messages.emplace();
            for (const ChatSummary& chat : chats)
                store.loadChat(chat.id, &loop, [&](const ChatRecord& record) { *messages += record.messages; });
            store.afterwards(&loop, [&] { loop.quit(); });
        });
    });
    QObject::connect(&store, &Store::failed, &loop, [&](const QString& sentence) {
        std::fprintf(stderr, "%s\n", qPrintable(sentence));
        loop.quit();
    });
    QTimer::singleShot(20'000, &loop, &QEventLoop::quit);
    store.open();
    loop.exec();
    return messages;
}

QString compareAnswer(const Answer& said, const QList<Message>& messages)
{
    const auto question = std::ranges::find(messages, said.question, &Message::text);
    if (question == messages.end())
        return u"the message “%1” is missing"_s.arg(said.question);
    const auto answer = std::ranges::find(messages, question->id, &Message::parentId);
    if (answer == messages.end())
        return said.overdue.isEmpty() && !said.finished ? QString()
                                                        : u"the answer to “%1” is missing"_s.arg(said.question);
    if (!said.text.startsWith(answer->text))
        return u"the answer to “%1” holds what was never said"_s.arg(said.question);
    if (!answer->text.startsWith(said.overdue))
        return u"%1 characters of the answer to “%2” were made more than a second before the kill and are missing"_s
            .arg(said.overdue.size() - answer->text.size())
            .arg(said.question);
    if (said.finished && (answer->text != said.text || answer->state != MessageState::Complete))
        return u"the finished answer to “%1” is not whole"_s.arg(said.question);
    if (answer->state == MessageState::Streaming)
        return u"the answer to “%1” is still marked as running"_s.arg(said.question);
    return {};
}

QString compare(const Account& account, const QString& dir, std::map<qint64, QString>& earlier)
{
    if (!account.ready)
        return u"the child did not start"_s;
    if (!account.errors.isEmpty())
        return u"the child reported: "_s + account.errors.first();
    if (const QString findings = Database(dir + u"/conclave.db"_s).integrityFindings(); !findings.isEmpty())
        return u"integrity_check: "_s + findings;
    const auto messages = readProfile(dir);
    if (!messages)
        return u"the profile does not open"_s;
    for (const Answer& answer : account.answers) {
        if (const QString trouble = compareAnswer(answer, *messages); !trouble.isEmpty())
            return trouble;
    }
    std::map<qint64, QString> now;
    for (const Message& message : *messages)
        now.emplace(message.id, message.text);
    for (const auto& [id, text] : earlier) {
        if (const auto found = now.find(id); found == now.end() || found->second != text)
            return u"message %1 of an earlier run changed"_s.arg(id);
    }
    earlier = std::move(now);
    return {};
}

int runParent(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    const int kills = arguments.size() > 1                                 ? arguments[1].toInt()
                      : qEnvironmentVariableIntValue("CONCLAVE_LONG") == 1 ? 200
                                                                           : 20;
    const qsizetype seedAt = arguments.indexOf(u"--seed"_s);
    const quint32 seed = seedAt > 0 ? arguments.value(seedAt + 1).toUInt() : 1;
    if (kills <= 0) {
        std::fprintf(stderr, "usage: kill_during_answer [KILLS] [--seed N]\n");
        return 2;
    }
    QRandomGenerator random(seed);
    QTemporaryDir dir;
    std::map<qint64, QString> earlier;
    qsizetype answers = 0, tokens = 0;
    for (int i = 0; i < kills; ++i) {
        // Half of them early, where messages are committed and answers begin.
        const int afterMs = random.bounded(2) == 0 ? random.bounded(300) : random.bounded(2500);
        const Account account = runAndKill(dir.path(), seed * 100'000 + quint32(i), afterMs);
        if (const QString trouble = compare(account, dir.path(), earlier); !trouble.isEmpty()) {
            dir.setAutoRemove(false);
            std::fprintf(stderr, "kill %d after %d ms (seed %u): %s; the profile is kept in %s\n", i + 1, afterMs, seed,
                         qPrintable(trouble), qPrintable(dir.path()));
            return 1;
        }
        answers += account.answers.size();
        for (const Answer& answer : account.answers)
            tokens += answer.text.count(u'w');
    }
    std::printf("%d kills, %lld answers, %lld tokens: nothing lost but less than a second\n", kills,
                static_cast<long long>(answers), static_cast<long long>(tokens));
    return answers > 0 && tokens > 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 4 && qstrcmp(argv[1], "--child") == 0)
        return runKillChild(argc, argv, QString::fromLocal8Bit(argv[2]), QByteArray(argv[3]).toUInt());
    return runParent(argc, argv);
}
