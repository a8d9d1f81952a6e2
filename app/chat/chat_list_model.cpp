#include "chat/chat_list_model.hpp"

#include <QDateTime>

#include "storage/store.hpp"

ChatListModel::ChatListModel(Store& store, QObject* parent) : QAbstractListModel(parent), m_store(store)
{
    m_midnight.setSingleShot(true);
    connect(&m_midnight, &QTimer::timeout, this, [this] {
        if (!m_chats.isEmpty())
            emit dataChanged(index(0), index(count() - 1), {SectionRole});
        waitForMidnight();
    });
    waitForMidnight();
}

QVariant ChatListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ChatSummary& chat = m_chats[index.row()];
    switch (role) {
    case ChatIdRole:
        return chat.id;
    case Qt::DisplayRole:
    case TitleRole:
        return chat.title.isEmpty() ? tr("New chat") : chat.title;
    case SectionRole:
        return m_query.isEmpty() ? sectionOf(chat) : tr("Found");
    case IsCurrentRole:
        return chat.id == m_current;
    case SnippetRole:
        return chat.snippet;
    default:
        return {};
    }
}

QHash<int, QByteArray> ChatListModel::roleNames() const
{
    return {{ChatIdRole, "chatId"},
            {TitleRole, "title"},
            {SectionRole, "section"},
            {IsCurrentRole, "isCurrent"},
            {SnippetRole, "snippet"}};
}

void ChatListModel::setQuery(const QString& query)
{
    const QString simplified = query.simplified();
    if (simplified == m_query)
        return;
    m_query = simplified;
    emit queryChanged();
    reload();
}

void ChatListModel::reload()
{
    const auto done = [this, request = ++m_request](const QList<ChatSummary>& chats) {
        if (request == m_request)
            show(chats);
    };
    if (m_query.isEmpty())
        m_store.listChats(this, done);
    else
        m_store.search(m_query, this, done);
}

void ChatListModel::show(const QList<ChatSummary>& chats)
{
    beginResetModel();
    m_chats = chats;
    endResetModel();
    emit countChanged();
    emit loaded();
}

void ChatListModel::put(const ChatSummary& chat)
{
    const int row = rowOf(chat.id);
    if (row < 0) {
        if (!m_query.isEmpty())
            return; // what a search found stays as it was found
        beginInsertRows({}, 0, 0);
        m_chats.prepend(chat);
        endInsertRows();
        emit countChanged();
        return;
    }
    m_chats[row].updatedMs = chat.updatedMs;
    if (!chat.title.isEmpty())
        m_chats[row].title = chat.title;
    emit dataChanged(index(row), index(row), {TitleRole, SectionRole});
    if (row > 0 && m_query.isEmpty()) {
        beginMoveRows({}, row, row, {}, 0);
        m_chats.move(row, 0);
        endMoveRows();
    }
}

void ChatListModel::rename(qint64 chatId, const QString& title)
{
    if (const int row = rowOf(chatId); row >= 0) {
        m_chats[row].title = title;
        emit dataChanged(index(row), index(row), {TitleRole});
    }
}

void ChatListModel::remove(qint64 chatId)
{
    if (const int row = rowOf(chatId); row >= 0) {
        beginRemoveRows({}, row, row);
        m_chats.removeAt(row);
        endRemoveRows();
        emit countChanged();
    }
}

void ChatListModel::setCurrent(qint64 chatId)
{
    const int before = rowOf(m_current), now = rowOf(chatId);
    m_current = chatId;
    for (const int row : {before, now}) {
        if (row >= 0)
            emit dataChanged(index(row), index(row), {IsCurrentRole});
    }
}

ChatSummary ChatListModel::chat(qint64 chatId) const
{
    return m_chats.value(rowOf(chatId));
}

int ChatListModel::rowOf(qint64 chatId) const
{
    for (int row = 0; row < count(); ++row) {
        if (m_chats[row].id == chatId)
            return row;
    }
    return -1;
}

void ChatListModel::waitForMidnight()
{
    const QDateTime now = QDateTime::currentDateTime();
    const qint64 ms = now.msecsTo(now.date().addDays(1).startOfDay());
    m_midnight.start(std::chrono::milliseconds(std::max<qint64>(ms, 1000) + 500));
}

QString ChatListModel::sectionOf(const ChatSummary& chat) const
{
    const qint64 days = QDateTime::fromMSecsSinceEpoch(chat.updatedMs).date().daysTo(QDate::currentDate());
    if (days <= 0)
        return tr("Today");
    if (days == 1)
        return tr("Yesterday");
    return days <= 7 ? tr("Previous 7 days") : tr("Earlier");
}
