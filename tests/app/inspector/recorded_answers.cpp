#include "recorded_answers.hpp"

#include <QTest>

#include <array>
#include <filesystem>

#include "bridge/engine_worker.hpp"
#include "bridge/model_host.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr int kLongestWaitMs = 120'000;

/// Questions of each kind that the model was trained for; later rounds count on.
QString question(int number)
{
    static const std::array<QString, 6> kinds{u"Tell me a story about a lighthouse and %1 boats."_s,
                                              u"What is %1 plus 46?"_s,
                                              u"What does the expert map show?"_s,
                                              u"Write a Python function that adds %1 to a number."_s,
                                              u"Make a table of the planets."_s,
                                              u"How do I start a new chat?"_s};
    const QString& kind = kinds[size_t(number) % kinds.size()];
    return kind.contains(u"%1") ? kind.arg(17 + number) : kind;
}

} // namespace

QString textOf(const QList<RunEvent>& events)
{
    QString text;
    for (const RunEvent& event : events) {
        if (const auto* token = std::get_if<RunToken>(&event.what))
            text += token->text;
    }
    return text;
}

std::optional<RunFinished> endOf(const QList<RunEvent>& events)
{
    const auto* end = events.isEmpty() ? nullptr : std::get_if<RunFinished>(&events.last().what);
    return end ? std::optional(*end) : std::nullopt;
}

std::unique_ptr<RecordedAnswers> RecordedAnswers::make(int nTokens)
{
    auto engine = conclave::Engine::create();
    if (!engine)
        return {};
    std::unique_ptr<RecordedAnswers> answers(new RecordedAnswers(*std::move(engine)));
    return answers->run(nTokens) ? std::move(answers) : nullptr;
}

bool RecordedAnswers::run(int nTokens)
{
    ModelHost host(m_engine);
    host.openPath(QStringLiteral(CONCLAVE_SOURCE_DIR "/resources/models/guide-ds.gguf"));
    if (!QTest::qWaitFor([&] { return host.state() == ModelHost::Ready; }, kLongestWaitMs))
        return false;
    m_model = host.model();
    m_shape = host.shape();
    m_contextLength = host.contextLength();
    EngineWorker worker([this] { return m_engine.sample_devices(); });
    QList<RunEvent> events;
    QObject::connect(&worker, &ChatBackend::eventsReady, &worker, [&] { events += worker.drain(); });
    worker.launch();
    worker.setModel(host.run());

    for (int number = 0; m_generated < nTokens; ++number) {
        RunRequest request{.runId = quint64(number) + 1,
                           .messages = {{conclave::Role::user, question(number).toStdString()}},
                           .tracePath = m_folder.filePath(u"%1.ctr"_s.arg(number))};
        request.sampler.seed = quint64(number) + 1;
        if (number % 5 == 4) { // near chance: tokens that are parts of characters and never become whole
            request.sampler.temperature = 4;
            request.sampler.topP = 1;
            request.sampler.maxTokens = 80;
        }
        events.clear();
        worker.start(request);
        if (!QTest::qWaitFor([&] { return endOf(events).has_value(); }, kLongestWaitMs))
            return false;
        auto trace = conclave::read_trace(std::filesystem::path(request.tracePath.toStdU16String()));
        if (!trace || !trace->complete)
            return false;
        m_generated += endOf(events)->nGenerated;
        m_answers.push_back({request.tracePath, events, *std::move(trace)});
    }
    return true;
}
