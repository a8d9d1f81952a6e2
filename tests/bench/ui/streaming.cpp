// What a streaming answer costs the GUI thread: tokens from a synthetic source into the real view. Prints figures
// beside bounds and exits 1 when one is missed. Figures are CPU time of the GUI thread, so that frames can follow each
// other at once: a frame of 2,000 tokens/s at 60 Hz is 33 tokens, one of 50 tokens/s the two that RunStream hands over
// together. With QT_QUICK_BACKEND=software, the default here, that thread also paints; with a desktop's renderer
// (QT_QUICK_BACKEND=rhi) another one does.

#include <QElapsedTimer>
#include <QGuiApplication>
#include <QQmlEngine>
#include <QQuickItem>
#include <QQuickView>
#include <QSGRendererInterface>
#include <QThread>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "chat/conversation_model.hpp"
#include "chat/run_stream.hpp"

using namespace Qt::StringLiterals;

namespace
{

double threadMs()
{
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

double percentile(std::vector<double> values, double p)
{
    std::ranges::sort(values);
    return values.empty() ? 0 : values[static_cast<size_t>(p * static_cast<double>(values.size() - 1))];
}

/// The i-th token of a stream.
using Source = std::function<QString(int)>;

const QStringList kWords{u" the"_s,  u" router"_s,  u" scores"_s,   u" every"_s,  u" expert"_s,
                         u" and"_s,  u" keeps"_s,   u" **best**"_s, u" groups"_s, u" of"_s,
                         u" four"_s, u" `top_k`"_s, u" then"_s,     u" mixes"_s,  u" outputs"_s,
                         u" by"_s,   u" weight,"_s, u" which"_s,    u" is"_s};

QString word(int i)
{
    return kWords[(i * 7 + i / 11) % kWords.size()];
}

QString shortParagraphs(int i)
{
    return i % 60 == 59 ? u".\n\n"_s : word(i);
}

QString oneParagraph(int i)
{
    return i % 25 == 24 ? u"."_s : word(i);
}

QString oneCodeBlock(int i)
{
    static const QStringList line{u"    "_s,  u"if"_s, u" score"_s, u"[id"_s,   u"]"_s,   u" >"_s,
                                  u" 0.25"_s, u":"_s,  u"  #"_s,    u" keep"_s, u" it"_s, u"\n"_s};
    return i == 0 ? u"```python\n"_s : line[(i - 1) % line.size()];
}

QString oneTable(int i) // 64,000 tokens are 5,000 rows
{
    static const QStringList row{u"|"_s,    u" e"_s,       u"21"_s,   u" |"_s, u" 0."_s, u"27"_s,  u" |"_s,
                                 u" the"_s, u" busiest"_s, u" one"_s, u" |"_s, u" 2"_s,  u" |\n"_s};
    return i == 0 ? u"| Expert | Weight | Note | Group |\n|---|--:|---|---|\n"_s : row[(i - 1) % row.size()];
}

QString deepLists(int i)
{
    const int at = i % 12;
    if (at != 0)
        return at == 11 ? u"\n"_s : word(i);
    const int turn = i / 12 % 18;
    const int depth = turn < 10 ? turn : 18 - turn; // down ten levels and up again
    return QString(depth * 2, u' ') + u"-"_s;
}

class Bench
{
public:
    explicit Bench(const QSize& size)
    {
        m_view.engine()->addImportPath(u"qrc:/qt/qml"_s);
        m_view.setInitialProperties({{u"conversation"_s, QVariant::fromValue(&m_model)},
                                     {u"chat"_s, QVariant::fromValue<QObject*>(nullptr)},
                                     {u"settings"_s, QVariant::fromValue<QObject*>(nullptr)}});
        m_view.setResizeMode(QQuickView::SizeRootObjectToView);
        m_view.resize(size);
        m_view.loadFromModule("Conclave.Chat", "ConversationView");
        m_view.show();
        QObject::connect(&m_view, &QQuickWindow::frameSwapped, &m_view, [this] { m_swapped = true; });
        // Direct: from the thread that paints.
        QObject::connect(
            &m_view, &QQuickWindow::afterSynchronizing, &m_view, [this] { m_paintStart = threadMs(); },
            Qt::DirectConnection);
        QObject::connect(
            &m_view, &QQuickWindow::afterRendering, &m_view,
            [this] {
                if (QThread::currentThread() == m_view.thread())
                    m_painting = threadMs() - m_paintStart;
            },
            Qt::DirectConnection);
        frame();
        std::printf("%s\n", m_view.rendererInterface()->graphicsApi() == QSGRendererInterface::Software
                                ? "Software renderer, which paints in the GUI thread"
                                : "A desktop's renderer, which paints in a thread of its own");
    }
    bool ready() const { return m_view.status() == QQuickView::Ready; }

    /// Streams `count` tokens in frames of `perFrame`, after `before` that are not measured.
    void stream(const char* name, const Source& source, int before, int count, int perFrame, bool meanToo)
    {
        m_model.clear();
        Message question{.id = 1, .text = u"Go on."_s};
        Message answer{.id = 2, .parentId = 1, .author = Author::Assistant, .state = MessageState::Streaming};
        m_model.setMessages({question, answer});
        int next = 0;
        const auto feed = [&](int n) {
            QList<RunToken> tokens;
            for (int i = 0; i < n; ++i, ++next)
                tokens.append(
                    {.index = next, .position = 10 + next, .text = source(next), .tNs = 1'000'000 * (next + 1)});
            m_model.appendTokens(2, tokens);
        };
        while (next < before) {
            feed(std::min(500, before - next));
            frame();
        }
        std::vector<double> frames, painting;
        const int end = before + count;
        double total = 0;
        while (next < end) {
            const int n = std::min(perFrame, end - next);
            const double start = threadMs();
            feed(n);
            frame();
            const double spent = threadMs() - start;
            total += spent;
            frames.push_back(meanToo ? spent : spent / n);
            painting.push_back(m_painting / n);
        }
        const std::string title = name + std::string(", ") + std::to_string(end) + " tokens";
        if (meanToo) {
            print(title + ": frame p95", percentile(frames, 0.95), 8, "ms");
            print(title + ": per token, mean", total / count, 0.2, "ms");
        } else {
            print(title + ", 50 tokens/s: per token p95", percentile(frames, 0.95), 0.6, "ms");
            std::printf("%-72s %8.3f ms\n", "    the median", percentile(frames, 0.5));
            std::printf("%-72s %8.3f ms\n", "    painting alone, p95", percentile(painting, 0.95));
        }
    }

    void openChat()
    {
        m_model.clear();
        frame();
        QList<Message> path;
        for (int i = 0; i < 2000; ++i) {
            Message message{.id = i + 1, .parentId = i, .author = i % 2 ? Author::Assistant : Author::User};
            message.text = u"And what does the router do with a token like this one?"_s;
            if (i % 2) {
                message.text.clear();
                for (int word = 0; word < 500; ++word)
                    message.text += shortParagraphs(word);
                message.text += u"\n\n```python\nprint(1)\n```\n\n- a\n- b\n"_s;
            }
            path.append(message);
        }
        const double start = threadMs();
        m_model.setMessages(path);
        frame();
        print("opening 2,000 messages, 500 tokens an answer", threadMs() - start, 150, "ms");
    }

    bool missed() const { return m_missed; }

private:
    /// Runs the event loop until what was changed is on screen.
    void frame()
    {
        m_swapped = false;
        m_view.update();
        QElapsedTimer patience;
        patience.start();
        while (!m_swapped && patience.elapsed() < 5000)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }

    void print(const std::string& what, double value, double bound, const char* unit)
    {
        const bool good = value <= bound;
        m_missed = m_missed || !good;
        std::printf("%-72s %8.3f %s  bound %g  %s\n", what.c_str(), value, unit, bound, good ? "ok" : "MISSED");
        std::fflush(stdout);
    }

    ConversationModel m_model;
    QQuickView m_view;
    bool m_swapped = false, m_missed = false;
    double m_paintStart = 0, m_painting = 0; ///< ms, of the last frame in the GUI thread
};

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    if (qEnvironmentVariableIsEmpty("QT_QUICK_BACKEND"))
        qputenv("QT_QUICK_BACKEND", "software");
    QGuiApplication app(argc, argv);
    Bench bench({748, 900});
    if (!bench.ready()) {
        std::fputs("bench_streaming: the conversation view did not load; the errors are above\n", stderr);
        return 1;
    }
    const std::vector<std::pair<const char*, Source>> streams{{"short paragraphs", shortParagraphs},
                                                              {"one paragraph", oneParagraph},
                                                              {"one code block", oneCodeBlock},
                                                              {"one table", oneTable},
                                                              {"lists ten deep", deepLists}};
    QStringList chosen = app.arguments().mid(1); // names of streams and a length, for work on one
    int length = 64'000;
    constexpr int readingTokens = 50 * RunStream::readingMs / 1000;
    if (!chosen.isEmpty() && chosen.back().toInt() > 0)
        length = chosen.takeLast().toInt();
    for (const auto& [name, source] : streams) {
        if (!chosen.isEmpty() && !chosen.contains(QString::fromLatin1(name)))
            continue;
        bench.stream(name, source, 0, 1'000, 33, true);
        bench.stream(name, source, 0, length, 33, true);
        bench.stream(name, source, 0, 1'000, readingTokens, false);
        bench.stream(name, source, length - 1'000, 1'000, readingTokens, false);
    }
    bench.openChat();
    return bench.missed() ? 1 : 0;
}
