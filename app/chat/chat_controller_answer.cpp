// Asking a model and taking its answer: from a stored message to a stored answer.
#include "chat/chat_controller.hpp"

#include <QDateTime>
#include <QDir>
#include <QLocale>

#include <utility>

#include "chat/chat_list_model.hpp"
#include "chat/chat_title.hpp"
#include "chat/run_stream.hpp"
#include "storage/store.hpp"

using namespace Qt::StringLiterals;

namespace
{

// Numbers that change faster cannot be read.
constexpr qint64 figuresIntervalMs = 250;

conclave::ChatMessage chatMessage(const Message& message)
{
    const conclave::Role role = message.author == Author::User     ? conclave::Role::user
                                : message.author == Author::System ? conclave::Role::system
                                                                   : conclave::Role::assistant;
    return {role, message.text.toStdString()};
}

} // namespace

void ChatController::send(const QString& text)
{
    if (canSend() && !text.trimmed().isEmpty())
        commitAndAnswer(m_tree.leaf(), text);
}

void ChatController::edit(qint64 messageId, const QString& text)
{
    const Message original = m_tree.message(messageId);
    if (!canSend() || original.author != Author::User || original.id == 0 || text.trimmed().isEmpty())
        return;
    m_tree.setLeaf(original.parentId);
    showPath();
    commitAndAnswer(original.parentId, text);
}

void ChatController::regenerate(qint64 messageId)
{
    const Message original = m_tree.message(messageId);
    if (!canSend() || original.id == 0)
        return;
    const qint64 question = original.author == Author::Assistant ? original.parentId : original.id;
    m_tree.setLeaf(question);
    showPath();
    startAnswer({.chatId = m_chatId, .parentId = question, .messages = conversationTo(question)});
}

void ChatController::regenerateLast()
{
    regenerate(m_tree.leaf());
}

void ChatController::commitAndAnswer(qint64 parentId, const QString& text)
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const bool newChat = m_chatId == 0;
    if (newChat) {
        m_chatId = m_store.newChatId();
        m_title = chatTitle(text);
    }
    const Message question{
        .id = m_store.newMessageId(), .parentId = parentId, .author = Author::User, .text = text, .createdMs = now};
    addToTree(question);
    m_chats.put({.id = m_chatId, .title = m_title, .updatedMs = now});
    m_pending = Pending{.chatId = m_chatId, .parentId = question.id, .messages = conversationTo(question.id)};
    m_store.commitMessage(m_chatId, newChat ? m_title : QString(), question, this, [this, id = question.id] {
        if (m_pending && m_pending->parentId == id) // else it was stopped meanwhile
            startAnswer(*std::exchange(m_pending, std::nullopt));
    });
    if (newChat) {
        m_chats.setCurrent(m_chatId);
        emit currentChanged();
    }
    emit busyChanged();
}

void ChatController::startAnswer(const Pending& pending)
{
    Message answer{.id = m_store.newMessageId(),
                   .parentId = pending.parentId,
                   .author = Author::Assistant,
                   .createdMs = QDateTime::currentMSecsSinceEpoch(),
                   .state = MessageState::Streaming,
                   .modelName = m_modelName};
    answer.tracePath = pending.recordedTrace;
    if (answer.tracePath.isEmpty())
        answer.tracePath = QDir(m_store.tracesPath()).filePath(u"%1-%2.ctr"_s.arg(pending.chatId).arg(answer.id));
    m_answer.emplace(pending.chatId, answer);
    if (m_chatId == pending.chatId && m_tree.leaf() == pending.parentId)
        addToTree(answer);
    else if (m_chatId == pending.chatId)
        m_tree.insert(answer); // another branch is shown meanwhile
    m_store.beginAnswer(pending.chatId, answer);
    m_prefillProgress = -1;
    m_stopping = false;
    m_checkpointTimer.start();

    const AnswerSettings settings = m_settings ? m_settings() : AnswerSettings{};
    m_request = {.messages = pending.messages, .sampler = settings.sampler, .tracePath = answer.tracePath};
    if (!settings.systemPrompt.trimmed().isEmpty())
        m_request.messages.insert(m_request.messages.begin(),
                                  {conclave::Role::system, settings.systemPrompt.toStdString()});
    emit answerStarted(answer.id);
    emit busyChanged();
    emit figuresChanged();
    m_stream.start(m_request);
}

std::vector<conclave::ChatMessage> ChatController::conversationTo(qint64 messageId) const
{
    std::vector<conclave::ChatMessage> messages;
    for (const Message& message : m_tree.pathTo(messageId)) {
        if (!message.text.isEmpty()) // an answer that failed before its first word
            messages.push_back(chatMessage(message));
    }
    return messages;
}

void ChatController::stop()
{
    if (m_pending) {
        m_pending.reset();
        emit busyChanged();
    } else if (m_outgrown) {
        endAnswer(m_answer->failed(m_outgrown->sentence));
    } else if (m_answer && !m_stopping) {
        m_stopping = true;
        emit busyChanged();
        m_stream.stop();
    }
}

QString ChatController::question() const
{
    if (!m_outgrown)
        return {};
    const QString chat = m_answer->chatId() == m_chatId
                             ? tr("This chat")
                             : tr("The chat “%1”").arg(m_chats.chat(m_answer->chatId()).title);
    return tr("%1 has %2 tokens and the context holds %3. Answer without its oldest messages (%n)? The model will not "
              "know them.",
              "%1: “This chat”, or another one by its name", m_outgrown->nOldest)
        .arg(chat, QLocale().toString(m_outgrown->nPrompt), QLocale().toString(m_outgrown->nContext));
}

void ChatController::leaveOutOldest()
{
    if (!m_outgrown)
        return;
    m_request.sampler.contextPolicy = ContextPolicy::LeaveOut;
    startAgain();
}

void ChatController::startAgain()
{
    setOutgrown(std::nullopt);
    m_answer->setModelName(m_modelName);
    m_stream.start(m_request);
}

void ChatController::setOutgrown(const std::optional<RunOutgrown>& outgrown)
{
    m_outgrown = outgrown;
    emit questionChanged();
}

void ChatController::onBatch(const RunBatch& batch)
{
    if (!m_answer)
        return;
    const qint64 id = m_answer->messageId();
    for (const RunPrompt& prompt : batch.prompts) {
        m_answer->begin(prompt);
        if (prompt.nDropped > 0)
            setNotice(tr("This chat outgrew the context of %1 tokens: its oldest messages (%n) were left out for this "
                         "answer, and the model does not know them.",
                         "", prompt.nDropped)
                          .arg(QLocale().toString(m_contextSize)));
        if (prompt.opensThinking && isShown(id))
            emit thinkingOpened(id);
    }
    for (const RunStep& step : batch.steps) {
        if (step.prefill)
            showProgress(step.nDone, step.nTotal);
    }
    if (batch.progress)
        showProgress(batch.progress->nDone, batch.progress->nTotal);
    for (const RunToken& token : batch.tokens)
        m_answer->add(token);
    if (!batch.tokens.isEmpty()) {
        m_prefillProgress = -1;
        if (isShown(id)) {
            m_contextUsed = batch.tokens.last().position + 1;
            emit tokensArrived(id, batch.tokens);
        }
    }
    if (batch.failed)
        endAnswer(m_answer->failed(batch.failed->sentence));
    else if (batch.finished)
        endAnswer(m_answer->finished(*batch.finished));
    else if (batch.outgrown && m_stopping) // the word to stop crossed the question
        endAnswer(m_answer->finished({.stop = u"stopped"_s}));
    else if (batch.outgrown)
        setOutgrown(batch.outgrown);
    else if (m_sinceFigures.elapsed() >= figuresIntervalMs) {
        m_sinceFigures.start();
        emit figuresChanged();
    }
}

void ChatController::showProgress(int nDone, int nTotal)
{
    m_prefillProgress = nDone < nTotal ? double(nDone) / nTotal : -1;
    if (isShown(m_answer->messageId()))
        m_contextUsed = nDone;
}

void ChatController::endAnswer(const Message& message)
{
    m_checkpointTimer.stop();
    m_store.finishAnswer(message);
    const qint64 chatId = m_answer->chatId();
    const bool shown = isShown(message.id);
    m_answer.reset();
    m_stopping = false;
    setOutgrown(std::nullopt);
    m_prefillProgress = -1;
    if (chatId == m_chatId)
        m_tree.update(message);
    if (shown)
        emit messageFinished(m_tree.message(message.id));
    if (message.stats.stop == "context_full"_L1) {
        setNotice(tr("The context of %1 tokens is full, so the answer ends here: start a new chat, or edit an earlier "
                     "message to branch off with less before it.")
                      .arg(QLocale().toString(m_contextSize)));
    }
    emit answerFinished(message.id);
    emit busyChanged();
    emit figuresChanged();
}

void ChatController::checkpoint()
{
    if (!m_answer)
        return;
    if (const auto chunk = m_answer->takeChunk())
        m_store.checkpoint(m_answer->messageId(), chunk->seq, chunk->text);
}

void ChatController::finishNow()
{
    m_stream.flush();
    m_stream.abandon();
    if (m_answer)
        endAnswer(m_answer->interrupted());
}

void ChatController::replay(const QList<Message>& recorded, const QString& trace)
{
    newChat();
    if (recorded.isEmpty())
        return;
    m_chatId = m_store.newChatId();
    for (const Message& message : recorded) {
        if (m_title.isEmpty() && message.author == Author::User)
            m_title = chatTitle(message.text);
    }
    for (Message message : recorded) {
        message.id = m_store.newMessageId();
        message.parentId = m_tree.leaf();
        message.createdMs = QDateTime::currentMSecsSinceEpoch();
        addToTree(message);
        m_store.commitMessage(m_chatId, m_title, message, this, {});
    }
    m_chats.put({.id = m_chatId, .title = m_title, .updatedMs = QDateTime::currentMSecsSinceEpoch()});
    m_chats.setCurrent(m_chatId);
    emit currentChanged();
    startAnswer({.chatId = m_chatId, .parentId = m_tree.leaf(), .messages = {}, .recordedTrace = trace});
}
