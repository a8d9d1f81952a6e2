#include "application.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QLoggingCategory>
#include <QQmlFileSelector>
#include <QQuickStyle>
#include <QQuickWindow>

#include <algorithm>
#include <ranges>

#include "application_screenshot.hpp"

using namespace Qt::StringLiterals;

namespace
{

// Newest messages of a chat whose traces are read when it is opened; each costs some milliseconds on a worker.
constexpr qsizetype recordedMessages = 40;

} // namespace

Application::Application(conclave::Engine engine, const CommandLine& line, const QString& profileDir,
                         const ProcessClock& clock)
    : m_line(line), m_clock(clock), m_engine(std::move(engine)),
      m_sampler([this] { return m_engine.sample_devices(); }), m_settings(QDir(profileDir).filePath(u"settings.ini"_s)),
      m_help(u":/help/facts.json"_s), m_store(profileDir), m_model(m_engine, [this] { return m_sampler.sample(); }),
      m_worker([this] { return m_sampler.sample(); }),
      m_replay(line.screenshot.isEmpty() ? ReplayBackend::Pace::Recorded : ReplayBackend::Pace::Fast), m_chats(m_store),
      m_chat(m_store, m_stream, m_chats), m_devices([this] { return m_sampler.sample(); })
{
    if (!line.theme.isEmpty())
        m_settings.overrideValue("theme", line.theme);
    if (line.seed)
        m_settings.overrideValue("seed", QString::number(*line.seed));
    if (line.temperature)
        m_settings.overrideValue("temperature", *line.temperature);
    m_chat.setSettings([this] { return AnswerSettings{m_settings.sampler(), m_settings.systemPrompt()}; });
    m_stream.setBackend(line.replay.isEmpty() ? static_cast<ChatBackend*>(&m_worker) : &m_replay);
    // The style of Qt's file dialog. Qt chooses its files only while it loads them, so that some would be of another.
    (new QQmlFileSelector(&m_qml, &m_qml))->setExtraSelectors({QQuickStyle::name()});
    connectConversation();
    connectInspector();
    connectModel();
}

Application::~Application()
{
    finish();
}

bool Application::start()
{
    connect(&m_store, &Store::opened, &m_chats, &ChatListModel::reload);
    connect(&m_chats, &ChatListModel::loaded, this, &Application::openFirst, Qt::SingleShotConnection);
    m_engine.set_n_threads(threadsFor(true));
    m_store.open();
    if (m_line.replay.isEmpty()) {
        m_worker.launch();
        const QString model = m_line.model.isEmpty() ? ModelHost::builtInModelPath() : m_line.model;
        if (!model.isEmpty())
            m_model.openPath(QFileInfo(model).absoluteFilePath());
    } else {
        m_replay.open(QFileInfo(m_line.replay).absoluteFilePath());
    }

    QVariantMap properties{{u"chats"_s, QVariant::fromValue(&m_chats)},
                           {u"chat"_s, QVariant::fromValue(&m_chat)},
                           {u"conversation"_s, QVariant::fromValue(&m_conversation)},
                           {u"model"_s, QVariant::fromValue(&m_model)},
                           {u"deviceChoices"_s, QVariant::fromValue(&m_deviceChoices)},
                           {u"inspector"_s, QVariant::fromValue(&m_inspector)},
                           {u"devices"_s, QVariant::fromValue(&m_devices)},
                           {u"settings"_s, QVariant::fromValue(&m_settings)},
                           {u"help"_s, QVariant::fromValue(&m_help)}};
    if (m_line.size) {
        properties[u"width"_s] = m_line.size->width();
        properties[u"height"_s] = m_line.size->height();
    }
    m_qml.setInitialProperties(properties);
    m_qml.loadFromModule("Conclave.Ui", "Main");
    if (!window())
        return false;
    connectWindow(window());
    return true;
}

QQuickWindow* Application::window() const
{
    return m_qml.rootObjects().isEmpty() ? nullptr : qobject_cast<QQuickWindow*>(m_qml.rootObjects().first());
}

void Application::finish()
{
    m_chat.finishNow();
    m_worker.join();
    m_store.close();
}

void Application::raise(const QString& model)
{
    if (QQuickWindow* shown = window()) {
        if (shown->visibility() == QWindow::Minimized)
            shown->showNormal();
        shown->show();
        shown->raise();
        shown->requestActivate();
    }
    if (!model.isEmpty())
        m_model.openPath(model);
}

void Application::connectConversation()
{
    connect(&m_chat, &ChatController::pathShown, &m_conversation, &ConversationModel::setMessages);
    connect(&m_chat, &ChatController::messageAppended, &m_conversation, &ConversationModel::appendMessage);
    connect(&m_chat, &ChatController::thinkingOpened, &m_conversation,
            [this](qint64 id) { m_conversation.setOpensThinking(id, true); });
    connect(&m_chat, &ChatController::tokensArrived, &m_conversation,
            [this](qint64 id, const QList<RunToken>& tokens) { m_conversation.appendTokens(id, tokens); });
    connect(&m_chat, &ChatController::messageFinished, &m_conversation, &ConversationModel::finish);
    connect(&m_chat, &ChatController::questionChanged, &m_conversation,
            [this] { m_conversation.setWaiting(m_chat.waitingAnswer()); });
    connect(&m_chat, &ChatController::pathShown, &m_recordedTokens, [this](const QList<Message>& path) {
        m_recordedTokens.clear();
        for (const Message& message : path.last(std::min(path.size(), recordedMessages)) | std::views::reverse) {
            if (!message.tracePath.isEmpty() && message.state != MessageState::Streaming)
                m_recordedTokens.load(message.id, message.tracePath);
        }
    });
    connect(&m_recordedTokens, &RecordedTokens::loaded, &m_conversation, &ConversationModel::setTokenSpans);
}

void Application::connectInspector()
{
    connect(&m_model, &ModelHost::shapeChanged, &m_inspector, &Inspector::setShape);
    connect(&m_chat, &ChatController::answerStarted, &m_inspector, &Inspector::beginRun);
    connect(&m_stream, &RunStream::batch, &m_inspector, [this](const RunBatch& batch) {
        for (const RunPrompt& prompt : batch.prompts)
            m_inspector.addPrompt(prompt);
        for (const RunToken& token : batch.tokens)
            m_inspector.addToken(token);
        for (const RunStep& step : batch.steps)
            m_inspector.addStep(step);
        if (batch.finished)
            m_inspector.endRun(*batch.finished);
    });
    connect(&m_chat, &ChatController::pathShown, &m_inspector, [this](const QList<Message>& path) {
        const auto answer =
            std::find_if(path.crbegin(), path.crend(), [](const Message& m) { return m.author == Author::Assistant; });
        if (answer == path.crend())
            m_inspector.clear();
        else
            m_inspector.showMessage(answer->id, answer->tracePath);
    });
    connect(&m_conversation, &ConversationModel::tokenActivated, &m_inspector, [this](qint64 messageId, int position) {
        m_inspector.showToken(messageId, m_chat.message(messageId).tracePath, position);
    });
    connect(&m_inspector, &Inspector::tokenShown, &m_conversation, &ConversationModel::selectToken);
}

void Application::connectModel()
{
    m_model.setSettings(m_settings.model());
    connect(&m_settings, &Settings::changed, &m_model, [this] {
        m_model.setSettings(m_settings.model());
        m_engine.set_n_threads(threadsFor(m_windowVisible));
    });
    connect(&m_model, &ModelHost::runChanged, &m_worker, &EngineWorker::setModel);
    connect(&m_worker, &EngineWorker::sessionMade, &m_model, [this](const QString& error) {
        if (!error.isEmpty())
            m_chat.notify(error);
        else if (m_chat.notice() == m_model.sessionError())
            m_chat.dismissNotice();
        m_model.setSessionError(error);
    });
    connect(&m_model, &ModelHost::stateChanged, this, [this] {
        if (!m_line.replay.isEmpty())
            return;
        m_chat.setModel(m_model.name(), m_model.contextLength(),
                        m_model.model() && m_model.state() != ModelHost::Loading);
    });
    connect(&m_chat, &ChatController::busyChanged, this, &Application::sendPrompt);
    connect(&m_replay, &ReplayBackend::loaded, this, [this] {
        m_replayLoaded = true;
        m_model.describeRecorded(m_replay.shape());
        m_chat.setModel(m_replay.shape().modelName, m_replay.contextUsed(), false);
        showReplay();
    });
    connect(&m_replay, &ReplayBackend::failed, &m_chat, &ChatController::notify);
}

// The GUI needs a core of its own where there are few.
int Application::threadsFor(bool windowVisible) const
{
    const int cores = conclave::n_physical_cores();
    if (const int chosen = m_line.threads.value_or(m_settings.threads()); chosen > 0)
        return chosen;
    return windowVisible && cores <= 4 ? std::max(1, cores - 1) : cores;
}

void Application::connectWindow(QQuickWindow* window)
{
    connect(window, &QWindow::visibilityChanged, this, [this](QWindow::Visibility visibility) {
        m_windowVisible = visibility != QWindow::Hidden && visibility != QWindow::Minimized;
        m_stream.setVisible(m_windowVisible);
        m_engine.set_n_threads(threadsFor(m_windowVisible));
    });
    if (m_line.screenshot.isEmpty())
        return;
    m_screenshot = std::make_unique<Screenshot>(
        Screenshot::Job{.file = m_line.screenshot,
                        .waitsForAnswer = !m_line.prompt.isEmpty() || !m_line.replay.isEmpty()},
        *window, m_clock);
    m_screenshot->watch(m_chat, m_stream, m_inspector);
    connect(&m_model, &ModelHost::stateChanged, m_screenshot.get(), [this] {
        if (m_model.state() == ModelHost::Ready)
            m_screenshot->modelReady();
        else if (m_model.state() == ModelHost::Failed)
            m_screenshot->fail(m_model.errorText());
    });
    connect(&m_replay, &ReplayBackend::failed, m_screenshot.get(), &Screenshot::fail);
    if (m_line.replay.isEmpty() && m_model.state() == ModelHost::NoModel)
        m_screenshot->fail(tr("There is no built-in model beside the program; name a GGUF file."));
}

// The chats are known: show where the last session ended, or what the command line asks for.
void Application::openFirst()
{
    m_firstShown = true;
    if (!m_line.replay.isEmpty())
        showReplay();
    else if (m_line.prompt.isEmpty() && m_chats.newest() != 0)
        m_chat.openChat(m_chats.newest());
    sendPrompt();
}

void Application::showReplay()
{
    if (m_firstShown && m_replayLoaded)
        m_chat.replay(m_replay.messages(), QFileInfo(m_line.replay).absoluteFilePath());
}

void Application::sendPrompt()
{
    if (m_firstShown && !m_line.prompt.isEmpty() && m_chat.isEmpty() && m_chat.canSend() && !m_promptSent) {
        m_promptSent = true;
        m_chat.send(m_line.prompt);
    }
}
