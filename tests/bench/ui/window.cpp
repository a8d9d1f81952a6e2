// What the window costs the engine: the whole program answers at length with the built-in model, its window shown and
// hidden in turn, and the rate of decoding with it is divided by the rate without. Prints ratios beside bounds and
// exits 1 when one is missed. The answer is greedy and its loop of a few words is wanted: a repetition penalty far
// below 1 keeps the model from ending it before the context is full.

#include <QDir>
#include <QElapsedTimer>
#include <QFont>
#include <QGuiApplication>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QSettings>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

#include "application.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr int kPairs = 7;      // measured, after one that is not
constexpr int kSettleMs = 400; // a window that was just shown paints itself; a run that ended is stored
constexpr int kPatienceMs = 60'000;

double threadMs()
{
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// Runs the event loop until `done`, or until patience ends.
bool waitFor(const std::function<bool()>& done, int patienceMs = kPatienceMs)
{
    QElapsedTimer patience;
    patience.start();
    while (!done() && patience.elapsed() < patienceMs)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 50);
    return done();
}

struct Answer {
    double tokensPerSecond = 0;
    double guiShare = 0; ///< CPU time of the GUI thread over wall time
    int tokens = 0;
};

Answer answer(ChatController& chat, QQuickWindow& window, bool shown)
{
    window.setVisible(shown);
    chat.newChat();
    waitFor([] { return false; }, kSettleMs);
    qint64 finished = 0;
    const auto listening =
        QObject::connect(&chat, &ChatController::answerFinished, &chat, [&](qint64 id) { finished = id; });
    QElapsedTimer wall;
    wall.start();
    const double before = threadMs();
    chat.send(u"Write a long story."_s);
    waitFor([&] { return finished != 0; });
    Answer result{.guiShare = (threadMs() - before) / static_cast<double>(std::max<qint64>(wall.elapsed(), 1))};
    QObject::disconnect(listening);
    const Message message = chat.message(finished);
    result.tokensPerSecond = message.stats.decodeTps.value_or(0);
    result.tokens = message.stats.nGenerated.value_or(0);
    return result;
}

/// Whether the bound holds.
bool measure(int threads, double mostPercent)
{
    QTemporaryDir profile;
    QSettings settings(QDir(profile.path()).filePath(u"settings.ini"_s), QSettings::IniFormat);
    settings.setValue(u"temperature"_s, 0);
    settings.setValue(u"repetition_penalty"_s, 0.1);
    settings.sync();
    auto engine = conclave::Engine::create();
    if (!engine)
        return false;
    const ProcessClock clock;
    CommandLine line;
    line.threads = threads;
    Application application(*std::move(engine), line, profile.path(), clock);
    const bool started = application.start();
    const auto windows = QGuiApplication::topLevelWindows();
    auto* window = windows.isEmpty() ? nullptr : qobject_cast<QQuickWindow*>(windows.first());
    auto* chat = window ? window->property("chat").value<ChatController*>() : nullptr;
    if (!started || !chat || !waitFor([&] { return chat->canSend(); })) {
        std::fputs("bench_window: the program did not open its window with the built-in model\n", stderr);
        return false;
    }
    std::vector<double> shown, hidden, ratios, shares;
    for (int pair = 0; pair <= kPairs; ++pair) {
        const bool first = pair % 2 == 0; // whichever comes first may find another machine than the second
        const Answer a = answer(*chat, *window, first), b = answer(*chat, *window, !first);
        if (pair == 0)
            continue;
        const Answer &with = first ? a : b, &without = first ? b : a;
        if (with.tokens < 1000 || with.tokens != without.tokens) {
            std::fprintf(stderr, "bench_window: answers of %d and %d tokens cannot be compared\n", with.tokens,
                         without.tokens);
            return false;
        }
        shown.push_back(with.tokensPerSecond);
        hidden.push_back(without.tokensPerSecond);
        ratios.push_back(with.tokensPerSecond / without.tokensPerSecond);
        shares.push_back(with.guiShare);
    }
    const double cost = (1 - median(ratios)) * 100;
    const bool good = cost <= mostPercent;
    std::printf("%d engine thread%s, window shown: slower than hidden by %26.1f %%   bound %g  %s\n", threads,
                threads == 1 ? " " : "s", cost, mostPercent, good ? "ok" : "MISSED");
    std::printf("    %.0f tokens/s shown, %.0f hidden; the GUI thread took %.0f %% of a core\n", median(shown),
                median(hidden), median(shares) * 100);
    std::fflush(stdout);
    return good;
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_QUICK_BACKEND", "software");
    QGuiApplication app(argc, argv);
    QGuiApplication::setQuitOnLastWindowClosed(false); // hiding it is not the end
    QGuiApplication::setFont(QFont(u"Inter"_s));
    QQuickStyle::setStyle(u"Basic"_s);
    const bool one = measure(1, 3);
    const bool two = measure(2, 12);
    return one && two ? 0 : 1;
}
