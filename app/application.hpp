#pragma once

#include <QObject>
#include <QQmlApplicationEngine>
#include <QString>

#include <memory>

#include "bridge/device_choices.hpp"
#include "bridge/engine_worker.hpp"
#include "bridge/model_host.hpp"
#include "bridge/recorded_tokens.hpp"
#include "bridge/replay_backend.hpp"
#include "chat/chat_controller.hpp"
#include "chat/chat_list_model.hpp"
#include "chat/conversation_model.hpp"
#include "chat/run_stream.hpp"
#include "conclave/engine.hpp"
#include "inspector/device_monitor.hpp"
#include "inspector/inspector.hpp"
#include "settings/settings.hpp"
#include "storage/store.hpp"
#include "system/command_line.hpp"
#include "system/device_sampler.hpp"
#include "system/help_model.hpp"
#include "system/process_clock.hpp"

class QQuickWindow;
class Screenshot;

/// The program put together: every object, who is told what, and the threads' beginning and end. GUI thread.
class Application : public QObject
{
    Q_OBJECT
public:
    Application(conclave::Engine engine, const CommandLine& line, const QString& profileDir, const ProcessClock& clock);
    ~Application() override;

    /// Starts the threads and shows the window; false when there is none.
    bool start();
    /// Keeps a running answer, then ends the threads.
    void finish();

    QQuickWindow* window() const; ///< null until started

    /// For a second start on this profile.
    void raise(const QString& model);

private:
    void connectConversation();
    void connectInspector();
    void connectModel();
    void connectWindow(QQuickWindow* window);
    int threadsFor(bool windowVisible) const;
    void openFirst();
    void showReplay();
    void sendPrompt();

    const CommandLine m_line;
    const ProcessClock& m_clock;

    // In the order of who uses whom; what comes later goes first.
    conclave::Engine m_engine;
    DeviceSampler m_sampler;
    Settings m_settings;
    HelpModel m_help;
    Store m_store;
    DeviceChoices m_deviceChoices;
    ModelHost m_model;
    EngineWorker m_worker;
    ReplayBackend m_replay;
    RunStream m_stream;
    ChatListModel m_chats;
    ChatController m_chat;
    ConversationModel m_conversation;
    RecordedTokens m_recordedTokens;
    Inspector m_inspector;
    DeviceMonitor m_devices;
    std::unique_ptr<Screenshot> m_screenshot;
    bool m_windowVisible = true, m_firstShown = false, m_replayLoaded = false, m_promptSent = false;
    QQmlApplicationEngine m_qml;
};
