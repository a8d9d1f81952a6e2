#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

#include <optional>

class ChatController;
class Inspector;
class ProcessClock;
class QQuickWindow;
class RunStream;

/// Drives --screenshot: waits for the answer, grabs the window with the map in it, prints one line of JSON and ends the
/// program, with status 1 and a sentence when something failed. GUI thread.
class Screenshot : public QObject
{
    Q_OBJECT
public:
    struct Job {
        QString file;
        bool waitsForAnswer = false;
    };

    /// Both must outlive it.
    Screenshot(const Job& job, QQuickWindow& window, const ProcessClock& clock);

    void watch(ChatController& chat, RunStream& stream, Inspector& inspector);
    /// Enough when no answer is waited for.
    void modelReady();
    void fail(const QString& sentence);

private:
    void answerFinished(qint64 messageId);
    void grab();

    const Job m_job;
    QQuickWindow& m_window;
    const ProcessClock& m_clock;
    ChatController* m_chat = nullptr;
    Inspector* m_inspector = nullptr;
    std::optional<double> m_firstFrameMs, m_firstTokenMs;
    qint64 m_answer = 0;
    bool m_ended = false;
    QTimer m_settle;
};
