#include "application_screenshot.hpp"

#include <QCoreApplication>
#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QQuickWindow>

#include <cmath>
#include <cstdio>

#include "chat/chat_controller.hpp"
#include "chat/run_stream.hpp"
#include "inspector/inspector.hpp"
#include "system/process_clock.hpp"

using namespace Qt::StringLiterals;

namespace
{

// Longer than the inspector's slowest refresh (its table, twice a second) and any animation.
constexpr int settleMs = 700;

QJsonValue orNull(const std::optional<double>& value)
{
    return value ? QJsonValue(std::round(*value * 10) / 10) : QJsonValue();
}

} // namespace

Screenshot::Screenshot(const Job& job, QQuickWindow& window, const ProcessClock& clock)
    : m_job(job), m_window(window), m_clock(clock)
{
    m_settle.setSingleShot(true);
    m_settle.setInterval(settleMs);
    connect(&m_settle, &QTimer::timeout, this, &Screenshot::grab);
    connect(&window, &QQuickWindow::frameSwapped, this, [this] {
        if (!m_firstFrameMs)
            m_firstFrameMs = m_clock.elapsedMs();
    });
}

void Screenshot::watch(ChatController& chat, RunStream& stream, Inspector& inspector)
{
    m_chat = &chat;
    m_inspector = &inspector;
    connect(&stream, &RunStream::batch, this, [this](const RunBatch& batch) {
        if (!batch.tokens.isEmpty() && !m_firstTokenMs)
            m_firstTokenMs = m_clock.elapsedMs();
    });
    connect(&chat, &ChatController::answerFinished, this, &Screenshot::answerFinished);
}

void Screenshot::modelReady()
{
    if (!m_job.waitsForAnswer)
        m_settle.start();
}

void Screenshot::answerFinished(qint64 messageId)
{
    const Message answer = m_chat->message(messageId);
    if (answer.state == MessageState::Failed)
        return fail(answer.error);
    m_answer = messageId;
    m_settle.start();
}

void Screenshot::grab()
{
    if (m_ended)
        return;
    const QImage image = m_window.grabWindow();
    if (image.isNull() || !image.save(m_job.file))
        return fail(tr("The picture cannot be written to %1; check the folder and the ending (.png).").arg(m_job.file));
    const Message answer = m_answer != 0 ? m_chat->message(m_answer) : Message{};
    const auto history = m_inspector->history();
    const QJsonObject line{
        {u"answer"_s, answer.text},
        {u"n_tokens"_s, answer.stats.nGenerated.value_or(0)},
        {u"first_frame_ms"_s, orNull(m_firstFrameMs)},
        {u"first_token_ms"_s, orNull(m_firstTokenMs)},
        {u"sum_counts"_s, answer.stats.sumCounts ? QJsonValue(qint64(*answer.stats.sumCounts)) : QJsonValue()},
        {u"map_total"_s, history ? QJsonValue(qint64(history->countSum())) : QJsonValue()},
    };
    std::printf("%s\n", QJsonDocument(line).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
    m_ended = true;
    QCoreApplication::exit(0);
}

void Screenshot::fail(const QString& sentence)
{
    if (m_ended)
        return;
    m_ended = true;
    std::fprintf(stderr, "conclave: %s\n", qPrintable(sentence));
    // From the event loop: it may not run yet.
    QTimer::singleShot(0, qApp, [] { QCoreApplication::exit(1); });
}
