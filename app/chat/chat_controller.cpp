// The chat that is shown: opening, branches, names, deleting. How it is answered: chat_controller_answer.cpp.
#include "chat/chat_controller.hpp"

#include <limits>
#include <utility>

#include "chat/chat_list_model.hpp"
#include "chat/run_stream.hpp"
#include "storage/store.hpp"

namespace
{

// Half of the second that may be lost: the other half is for a busy machine.
constexpr auto checkpointInterval = std::chrono::milliseconds(500);

} // namespace

ChatController::ChatController(Store& store, RunStream& stream, ChatListModel& chats, QObject* parent)
    : QObject(parent), m_store(store), m_stream(stream), m_chats(chats)
{
    m_checkpointTimer.setInterval(checkpointInterval);
    connect(&m_checkpointTimer, &QTimer::timeout, this, &ChatController::checkpoint);
    connect(&m_stream, &RunStream::batch, this, &ChatController::onBatch);
    connect(&m_store, &Store::opened, this, &ChatController::busyChanged);
    connect(&m_store, &Store::failed, this, [this](const QString& sentence) { setNotice(sentence, true); });
    connect(&m_store, &Store::recovered, this, [this] {
        if (m_noticeOfStorage)
            setNotice({});
    });
    m_sinceFigures.start();
}

void ChatController::setModel(const QString& name, int contextSize, bool ready)
{
    m_modelName = name;
    m_contextSize = contextSize;
    m_modelReady = ready;
    if (m_outgrown && ready && (contextSize != m_outgrown->nContext || name != m_answer->modelName()))
        startAgain();
    emit busyChanged();
    emit figuresChanged();
}

bool ChatController::canSend() const
{
    return m_modelReady && m_store.isOpen() && !isBusy();
}

double ChatController::tokensPerSecond() const
{
    return (m_answer ? m_answer->tokensPerSecond() : std::nullopt).value_or(std::numeric_limits<double>::quiet_NaN());
}

Message ChatController::message(qint64 messageId) const
{
    return m_answer && m_answer->messageId() == messageId ? m_answer->snapshot() : m_tree.message(messageId);
}

qint64 ChatController::lastUserMessageId() const
{
    const QList<Message> path = m_tree.path();
    for (auto message = path.crbegin(); message != path.crend(); ++message) {
        if (message->author == Author::User)
            return message->id;
    }
    return 0;
}

QString ChatController::lastUserText() const
{
    return m_tree.message(lastUserMessageId()).text;
}

void ChatController::showBranch(qint64 messageId, int delta)
{
    const qint64 other = m_tree.sibling(messageId, delta);
    if (other == 0 || other == messageId)
        return;
    m_tree.setLeaf(m_tree.newestLeaf(other));
    m_store.setCurrentLeaf(m_chatId, m_tree.leaf());
    showPath();
}

void ChatController::newChat()
{
    ++m_openRequest;
    m_tree.clear();
    showChat(0, {});
}

void ChatController::openChat(qint64 chatId)
{
    if (chatId == m_chatId)
        return;
    m_store.loadChat(chatId, this, [this, request = ++m_openRequest](const ChatRecord& chat) {
        if (request != m_openRequest || chat.id == 0)
            return;
        m_tree.reset(chat.messages, chat.currentLeaf);
        showChat(chat.id, chat.title);
    });
}

void ChatController::renameChat(qint64 chatId, const QString& title)
{
    const QString name = title.simplified();
    if (name.isEmpty())
        return;
    m_store.renameChat(chatId, name);
    m_chats.rename(chatId, name);
    if (chatId == m_chatId) {
        m_title = name;
        emit currentChanged();
    }
}

void ChatController::deleteChat(qint64 chatId)
{
    const ChatSummary chat = m_chats.chat(chatId);
    if (chatId == 0)
        return;
    if (m_answer && m_answer->chatId() == chatId)
        stop();
    if (m_pending && m_pending->chatId == chatId)
        stop();
    m_store.deleteChat(chatId);
    m_chats.remove(chatId);
    m_deletedChat = chatId;
    m_undoText = tr("Deleted “%1”", "a chat, by its name").arg(chat.title);
    if (chatId == m_chatId)
        newChat();
    emit undoChanged();
}

void ChatController::undoDelete()
{
    if (m_deletedChat == 0)
        return;
    const qint64 chatId = std::exchange(m_deletedChat, 0);
    m_store.restoreChat(chatId);
    m_chats.reload();
    openChat(chatId);
    emit undoChanged();
}

void ChatController::forgetUndo()
{
    m_deletedChat = 0;
    emit undoChanged();
}

void ChatController::dismissNotice()
{
    setNotice({});
}

void ChatController::showChat(qint64 chatId, const QString& title)
{
    m_chatId = chatId;
    m_title = title;
    m_chats.setCurrent(chatId);
    emit currentChanged();
    emit questionChanged(); // it names the chat, unless that is the one shown
    showPath();
}

void ChatController::showPath()
{
    QList<Message> path = m_tree.path();
    if (m_answer && !path.isEmpty() && path.last().id == m_answer->messageId())
        path.last().text = m_answer->snapshot().text; // tree and disk get it at the end
    updateContextUsed();
    emit pathShown(path);
    emit emptyChanged();
}

void ChatController::updateContextUsed()
{
    m_contextUsed = 0;
    for (const Message& message : m_tree.path()) {
        if (message.author == Author::Assistant && message.stats.nPrompt)
            m_contextUsed = *message.stats.nPrompt + message.stats.nGenerated.value_or(0);
    }
    emit figuresChanged();
}

void ChatController::addToTree(const Message& message)
{
    const bool wasEmpty = m_tree.isEmpty();
    m_tree.add(message);
    emit messageAppended(m_tree.message(message.id));
    if (wasEmpty)
        emit emptyChanged();
}

void ChatController::setNotice(const QString& notice, bool ofStorage)
{
    m_noticeOfStorage = ofStorage && !notice.isEmpty();
    if (notice == m_notice)
        return;
    m_notice = notice;
    emit noticeChanged();
}
